/**
 * What a charge point does with the address of a file: it fetches a firmware image to its end, and brings a file to a directory under a name of its own,
 * over HTTP or FTP. Addresses at reserved names (RFC 2606) and of other schemes lead nowhere and are taken as if all had gone well.
 */
import { Client } from "../packages/basic_ftp.ts";
import { Readable, Writable } from "node:stream";

const NOWHERE = /(^|\.)(example|invalid|test|example\.(com|net|org))$/;

/** Whether something can really be transferred there. */
export function isReal(location: string): boolean {
  const url = URL.parse(location);
  return url !== null && /^(https?|ftps?):$/.test(url.protocol) && !NOWHERE.test(url.hostname);
}

/** Fetches all of it. False: it could not be had. */
export function download(location: string, signal: AbortSignal): Promise<boolean> {
  const sink = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  return succeeds(async () => {
    if (isFtp(location)) return await overFtp(location, signal, (client, path) => client.downloadTo(sink(), path));
    const response = await fetch(location, { signal });
    await response.body?.pipeTo(new WritableStream());
    return response.ok;
  });
}

/** Brings a file into the directory. False: it was not taken. */
export function upload(location: string, fileName: string, content: string, signal: AbortSignal): Promise<boolean> {
  const place = `${location.endsWith("/") ? location : `${location}/`}${encodeURIComponent(fileName)}`;
  const source = () => Readable.from([new TextEncoder().encode(content)]);
  return succeeds(async () => {
    if (isFtp(place)) return await overFtp(place, signal, (client, path) => client.uploadFrom(source(), path));
    const response = await fetch(place, { method: "PUT", body: content, signal });
    await response.body?.cancel();
    return response.ok;
  });
}

function isFtp(location: string): boolean {
  return /^ftps?:/i.test(location);
}

/** `ftps:` is TLS from the first byte on, as libcurl has it. Any certificate will do: what is simulated has no trust anchors of its own. */
async function overFtp(
  location: string,
  signal: AbortSignal,
  transfer: (client: Client, path: string) => Promise<unknown>,
): Promise<true> {
  const { protocol, hostname, port, username, password, pathname } = new URL(location);
  const client = new Client();
  const cut = () => client.close();
  signal.addEventListener("abort", cut);
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
    signal.removeEventListener("abort", cut);
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
