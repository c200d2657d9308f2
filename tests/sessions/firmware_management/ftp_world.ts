/** What the tests of the FTP server share: the server at a port of its own, a client that others wrote, and bare lines for what no honest client does. */
import { assert, assertMatch } from "@std/assert";
import { type AccessOptions, Client } from "../../packages/basic_ftp.ts";
import { type AddressInfo, connect, type Socket } from "node:net";
import { Readable, Writable } from "node:stream";
import { connect as connectTls } from "node:tls";
import type { FtpPatience } from "../../../api/ftp/commands.ts";
import { ftpServer } from "../../../api/ftp/server.ts";
import { formWith } from "../../api/resources/firmware_management/walk.ts";
import type { Tool } from "../../conformance/tool.ts";
import { within } from "../../conformance/within.ts";
import type { CentralSystem } from "../../harness.ts";

export const content = Uint8Array.from({ length: 200_001 }, (_, at) => at * 7 + (at >> 8));
/** A certificate of `localhost` until 2120, and its key. */
export const CERTIFICATE = {
  ftpCertificate: new URL("./ftp_certificate.pem", import.meta.url).pathname,
  ftpKey: new URL("./ftp_key.pem", import.meta.url).pathname,
};

/** Trusts that certificate and no other. */
export const TRUST = { ca: Deno.readTextFileSync(CERTIFICATE.ftpCertificate), servername: "localhost" };

export const PATIENT: FtpPatience = { commandMs: 60_000, connectMs: 10_000, stallMs: 10_000 };

/** An FTP server of the app's at a free port. */
export async function serving(
  { app }: Pick<CentralSystem, "app">,
  run: (port: number) => Promise<void>,
  { patience = PATIENT, isImplicit = false } = {},
) {
  const { server, cut } = ftpServer(app, isImplicit, patience);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await run((server.address() as AddressInfo).port);
  } finally {
    cut();
    await new Promise((resolve) => server.close(resolve));
  }
}

export async function withClient(
  port: number,
  run: (client: Client) => Promise<void>,
  secure: AccessOptions["secure"] = false,
): Promise<void> {
  const client = new Client(10_000);
  try {
    await client.access({ host: "127.0.0.1", port, secure, secureOptions: TRUST });
    await run(client);
  } finally {
    client.close();
  }
}

export async function pathOf(central: CentralSystem, asked: object = {}, image = content): Promise<string> {
  const { body: file } = await central.api("POST", "/v1/files", formWith(image, "image.bin"));
  const { body } = await central.api("POST", `/v1/files/${file.id}/addresses`, { scheme: "ftp", ...asked });
  assertMatch(body.location, /^ftps?:\/\/localhost:0\/files\/[0-9a-f]{32}\/image\.bin$/);
  return new URL(body.location).pathname;
}

export async function fetched(client: Client, path: string, from = 0): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const sink = new Writable({ write: (part, _, done) => (parts.push(part), done()) });
  await client.downloadTo(sink, path, from);
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

export async function requested({ operator, cp }: Tool, scheme: "ftp" | "ftps" = "ftp") {
  const asking = operator.request("POST", "/v1/diagnostics", { chargePoint: cp.identity, scheme });
  const call = await cp.expectCall("GetDiagnostics");
  cp.wire.send(3, call.id, { fileName: "diag.zip" });
  const { body } = await asking;
  const location = String(call.payload.location);
  assertMatch(location, /^ftps?:\/\/127\.0\.0\.1:0\/uploads\/[0-9a-f]{32}\/$/);
  assert(!JSON.stringify(body).includes(location));
  return { id: body.id as string, folder: new URL(location).pathname };
}

export const bytes = (length: number) => Readable.from([new Uint8Array(length)]);

/** Speaks without manners: sends lines, and answers what comes until the peer ends or a line fits. */
export async function said(port: number, lines: string, last?: RegExp): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(lines);
  let text = "";
  const over = Promise.withResolvers<void>();
  socket.on("data", (part) => {
    text += part;
    if (last?.test(text)) over.resolve();
  });
  socket.on("error", () => over.resolve());
  socket.on("close", () => over.resolve());
  await within(over.promise, "the FTP server's answer");
  socket.destroy();
  return text;
}

/** A control connection that is spoken to line by line. */
export class Control {
  #text = "";
  #heard = () => {};

  private constructor(private socket: Socket) {
    this.#listen();
  }

  #listen(): void {
    this.socket.on("error", () => {});
    this.socket.on("data", (part) => {
      this.#text += part;
      this.#heard();
    });
  }

  static async open(port: number, socket: Socket = connect(port, "127.0.0.1")): Promise<Control> {
    const control = new Control(socket);
    await control.hear(/^220 .*\r\n/);
    return control;
  }

  /** Says a line and waits for an answer that fits. */
  async ask(line: string, answer: RegExp): Promise<RegExpExecArray> {
    this.#text = "";
    this.say(line);
    return await this.hear(answer);
  }

  /** AUTH and the handshake after it. */
  async beginTls(): Promise<void> {
    await this.ask("AUTH TLS", /^234 /);
    this.socket.removeAllListeners("data");
    const secured = Promise.withResolvers<void>();
    this.socket = connectTls({ socket: this.socket, ...TRUST }, () => secured.resolve());
    this.#listen();
    await within(secured.promise, "TLS on the control connection");
  }

  /** Opens a data port and answers its number. */
  async dataPort(): Promise<number> {
    return Number((await this.ask("EPSV", /229 .*\|\|\|(\d+)\|/))[1]);
  }

  /** Ends when the peer has ended it. */
  get over(): Promise<unknown> {
    return new Promise((resolve) => this.socket.once("close", resolve));
  }

  say(line: string): void {
    this.socket.write(`${line}\r\n`);
  }

  async hear(answer: RegExp): Promise<RegExpExecArray> {
    const heard = Promise.withResolvers<RegExpExecArray>();
    this.#heard = () => {
      const found = answer.exec(this.#text);
      if (found) heard.resolve(found);
    };
    this.#heard();
    return await within(heard.promise, String(answer), () => this.#text);
  }

  close(): void {
    this.socket.destroy();
  }
}

export async function allOf(socket: Socket): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of socket) parts.push(part);
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}
