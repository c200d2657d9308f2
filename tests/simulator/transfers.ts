/**
 * What a charge point does with http addresses: it fetches a firmware image to its end, and brings a file to a directory under a name of its own.
 * Addresses at reserved names (RFC 2606) and of other schemes lead nowhere and are taken as if all had gone well.
 */

const NOWHERE = /(^|\.)(example|invalid|test|example\.(com|net|org))$/;

/** Whether something can really be transferred there. */
export function isReal(location: string): boolean {
  const url = URL.parse(location);
  return url !== null && /^https?:$/.test(url.protocol) && !NOWHERE.test(url.hostname);
}

/** Fetches all of it. False: it could not be had. */
export async function download(location: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(location, { signal });
    await response.body?.pipeTo(new WritableStream());
    return response.ok;
  } catch {
    return false;
  }
}

/** Brings a file into the directory. False: it was not taken. */
export async function upload(
  location: string,
  fileName: string,
  content: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const directory = location.endsWith("/") ? location : `${location}/`;
    const response = await fetch(directory + encodeURIComponent(fileName), { method: "PUT", body: content, signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
