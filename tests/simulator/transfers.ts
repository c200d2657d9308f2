/**
 * File transfers of a charge point over HTTP or FTP: downloading a firmware image, and uploading a file to a folder under a name that the charge point
 * chooses. For addresses with reserved host names (RFC 2606) or other schemes, no transfer is made, and the caller assumes success.
 */
import { Client } from "../packages/basic_ftp.ts";
import { Readable, Writable } from "node:stream";

const RESERVED_HOSTS = /(^|\.)(example|invalid|test|example\.(com|net|org))$/;

/** True for an address to which a transfer is made. */
export function isReal(location: string): boolean {
  const url = URL.parse(location);
  return url !== null && /^(https?|ftps?):$/.test(url.protocol) && !RESERVED_HOSTS.test(url.hostname);
}

/** Downloads a file and discards its content. Returns false when the download fails. */
export function download(location: string, signal: AbortSignal): Promise<boolean> {
  const sink = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  return succeeds(async () => {
    if (isFtp(location)) return await overFtp(location, signal, (client, path) => client.downloadTo(sink(), path));
    const response = await fetch(location, { signal });
    await response.body?.pipeTo(new WritableStream());
    return response.ok;
  });
}

/** Uploads a file into the folder `location`. Returns false when the upload fails. */
export function upload(location: string, fileName: string, content: string, signal: AbortSignal): Promise<boolean> {
  const target = `${location.endsWith("/") ? location : `${location}/`}${encodeURIComponent(fileName)}`;
  const source = () => Readable.from([new TextEncoder().encode(content)]);
  return succeeds(async () => {
    if (isFtp(target)) return await overFtp(target, signal, (client, path) => client.uploadFrom(source(), path));
    const response = await fetch(target, { method: "PUT", body: content, signal });
    await response.body?.cancel();
    return response.ok;
  });
}

function isFtp(location: string): boolean {
  return /^ftps?:/i.test(location);
}

/** `ftps:` is implicit TLS, as in libcurl. Any certificate is accepted, because the simulator has no trust anchors. */
async function overFtp(
  location: string,
  signal: AbortSignal,
  transfer: (client: Client, path: string) => Promise<unknown>,
): Promise<true> {
  const { protocol, hostname, port, username, password, pathname } = new URL(location);
  const client = new Client();
  const abort = () => client.close();
  signal.addEventListener("abort", abort);
  try {
    await client.access({
      host: hostname.replace(/^\[|\]$/g, ""),
      ...(port !== "" && { port: Number(port) }),
      ...(username !== "" && { user: decodeURIComponent(username), password: decodeURIComponent(password) }),
      ...(protocol === "ftps:" && { secure: "implicit", secureOptions: { rejectUnauthorized: false } }),
    });
    await transfer(client, decodeURIComponent(pathname));
    return true;
  } finally {
    signal.removeEventListener("abort", abort);
    client.close();
  }
}

async function succeeds(work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work();
  } catch {
    return false;
  }
}
