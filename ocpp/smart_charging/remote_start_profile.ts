/** Used when the ConnectionTimeOut of the charge point is not known. */
const DEFAULT_CONNECTION_TIME_OUT_SECONDS = 300;

/** A margin for the charge point and the network. */
const MARGIN_SECONDS = 60;

/**
 * How long the charging profile of a remote start waits for its transaction, given the last known ConnectionTimeOut (9.1.7). After that time the
 * charge point has cancelled the start together with the profile.
 */
export function waitForStartSeconds(connectionTimeOut: string | null | undefined): number {
  const timeOutSeconds = /^\d{1,6}$/.test(connectionTimeOut ?? "") ? Number(connectionTimeOut) : 0;
  return (timeOutSeconds > 0 ? timeOutSeconds : DEFAULT_CONNECTION_TIME_OUT_SECONDS) + MARGIN_SECONDS;
}
