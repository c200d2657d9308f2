/**
 * One HTTP/1.1 POST over a new connection, to an address that was checked before. Deno's `fetch` resolves the name again and takes no address.
 * `node:https` reads the system's certificates, which needs a permission that nothing else here needs.
 */

/** Bytes of the answer to read, at most. The body is not used; it is read so that the connection ends in the normal way. */
const ANSWER_BYTES_MAX = 65_536;

/** The URL of a request, and the address to connect to. */
export interface Target {
  readonly url: URL;
  /** An IP address of the URL's host. */
  readonly address: string;
}

/** Status and headers of an answer. Header names are lower case. */
export interface Head {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
}

/** Sends a body and resolves with the head of the answer. `onClosed` is called when the connection is closed after the answer. */
export async function post(
  { url, address }: Target,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
  onClosed: () => void,
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
    // The caller needs only the head. The body is read in the background, within the same time limit.
    void drain(connection, read).finally(() => {
      close();
      onClosed();
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
    .then((connection) => secure ? startTls(connection, hostOf(url)) : connection);
  // A connection that is made after the time limit is closed at once.
  signal.addEventListener("abort", () => void connecting.then((late) => late.close()).catch(() => {}), { once: true });
  return await orAborted(connecting, signal);
}

/** The certificate must be valid for the host name in the URL. */
async function startTls(plain: Deno.TcpConn, hostname: string): Promise<Deno.Conn> {
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

/** Reads until the final head; also returns the number of bytes read. */
async function readHead(connection: Deno.Conn): Promise<{ head: Head; read: number }> {
  const buffer = new Uint8Array(16_384);
  let text = "";
  let read = 0;
  while (read < ANSWER_BYTES_MAX) {
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) {
      const head = headOf(text.slice(0, end));
      if (head.status >= 200) return { head, read };
      text = text.slice(end + 4); // 1xx: not the answer yet (RFC 9110 15.2)
      continue;
    }
    const count = await connection.read(buffer);
    if (count === null) throw new Error("The connection ended before the answer");
    read += count;
    text += new TextDecoder("latin1").decode(buffer.subarray(0, count));
  }
  throw new Error("The headers of the answer are too long");
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
  for (let rest = ANSWER_BYTES_MAX - read; rest > 0;) {
    const count = await connection.read(buffer).catch(() => null);
    if (count === null) return;
    rest -= count;
  }
}

/** The host of a URL, an IPv6 address without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

/** Resolves with the work, or rejects when the signal aborts; the work itself goes on. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  return Promise.race([work, aborted]);
}
