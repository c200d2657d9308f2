/** How long a driver may take to plug in where the charge point has not told its ConnectionTimeOut. */
const PLUG_IN_SECONDS = 300;

/** What the charge point and the network may add to it. */
const MARGIN_SECONDS = 60;

/**
 * How long the charging profile of a remote start waits for its transaction, given the charge point's ConnectionTimeOut (9.1.7) as last
 * known: after that the charge point has given the start up, and the profile with it.
 */
export function waitForStartSeconds(connectionTimeOut: string | null | undefined): number {
  const told = /^\d{1,6}$/.test(connectionTimeOut ?? "") ? Number(connectionTimeOut) : 0;
  return (told > 0 ? told : PLUG_IN_SECONDS) + MARGIN_SECONDS;
}
