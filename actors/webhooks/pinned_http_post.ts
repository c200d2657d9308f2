/**
 * One POST over a connection of its own, in plain HTTP/1.1, to an address that somebody has judged. Deno's `fetch` cannot be told the address,
 * and node:https wants to read the system's certificates, which would take a permission that nothing else here needs.
 */

/** The answer's body is not used; so much of it is read, so that the receiver sees an orderly end. */
const ANSWER_BYTES = 65_536;

/** Where a request goes. */
export interface Target {
  readonly url: URL;
  /** Where to connect. */
  readonly address: string;
}

/** The head of an answer. Header names are lower case. */
export interface Head {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
}

/** Sends a body and resolves with the head of the answer; `over` is called when the connection is closed after it. */
export async function post(
  { url, address }: Target,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
  over: () => void,
): Promise<Head> {
  const connection = await connect(url, address, signal);
  const close = () => {
    try {
      connection.close();
    } catch { /* closed already */ }
  };
  signal.addEventListener("abort", close, { once: true });
  try {
    await orAborted(write(connection, requestText(url, headers, body)), signal);
    const { head, read } = await orAborted(readHead(connection), signal);
    // The status says it all. The body may take what is left of the time, so that the receiver sees an orderly end.
    void drain(connection, read).finally(() => {
      close();
      over();
    });
    return head;
  } catch (error) {
    close();
    throw error;
  }
}

async function connect(url: URL, address: string, signal: AbortSignal): Promise<Deno.Conn> {
  const secure = url.protocol === "https:";
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  const connecting = Deno.connect({ hostname: address, port })
    .then((connection) => secure ? shaken(connection, hostOf(url)) : connection);
  // Nobody waits any more: whatever comes of it is closed.
  signal.addEventListener("abort", () => void connecting.then((late) => late.close()).catch(() => {}), { once: true });
  return await orAborted(connecting, signal);
}

/** The certificate has to be good for the name in the URL, whatever the address is. */
async function shaken(plain: Deno.TcpConn, hostname: string): Promise<Deno.Conn> {
  const secure = await Deno.startTls(plain, { hostname });
  try {
    await secure.handshake();
    return secure;
  } catch (error) {
    secure.close();
    throw error;
  }
}

function requestText(url: URL, headers: Readonly<Record<string, string>>, body: string): string {
  const length = new TextEncoder().encode(body).length;
  const all = { host: url.host, ...headers, "content-length": String(length), connection: "close" };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
}

async function write(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** The final head, and how many bytes were read by then. */
async function readHead(connection: Deno.Conn): Promise<{ head: Head; read: number }> {
  const buffer = new Uint8Array(16_384);
  let text = "";
  let read = 0;
  while (read < ANSWER_BYTES) {
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) {
      const head = headOf(text.slice(0, end));
      if (head.status >= 200) return { head, read };
      text = text.slice(end + 4); // 1xx: not the answer yet (RFC 9110 15.2)
      continue;
    }
    const count = await connection.read(buffer);
    if (count === null) throw new Error("The connection ended before an answer");
    read += count;
    text += new TextDecoder("latin1").decode(buffer.subarray(0, count));
  }
  throw new Error("The answer has no end of its headers");
}

function headOf(text: string): Head {
  const [first = "", ...lines] = text.split("\r\n");
  const status = Number(/^HTTP\/1\.[01] ([1-5]\d\d)(?: |$)/.exec(first)?.[1]);
  if (!(status >= 100)) throw new Error("The answer is not HTTP/1.1");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { status, headers: new Map(headers) };
}

async function drain(connection: Deno.Conn, read: number): Promise<void> {
  const buffer = new Uint8Array(16_384);
  for (let rest = ANSWER_BYTES - read; rest > 0;) {
    const count = await connection.read(buffer).catch(() => null);
    if (count === null) return;
    rest -= count;
  }
}

/** The host of a URL, an IPv6 address without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

/** What cannot be interrupted, nobody has to wait for. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  return Promise.race([work, aborted]);
}
