/** Shared by the tests of the FTP server: a server on a free port, an independent client, and plain control connections for unusual commands. */
import { assert, assertMatch } from "@std/assert";
import { type AccessOptions, Client } from "../../packages/basic_ftp.ts";
import { type AddressInfo, connect, type Socket } from "node:net";
import { Readable, Writable } from "node:stream";
import { connect as connectTls } from "node:tls";
import type { FtpTimeouts } from "../../../api/ftp/commands.ts";
import { ftpServer } from "../../../api/ftp/server.ts";
import { formWith } from "../../api/resources/firmware_management/walk.ts";
import type { Tool } from "../../conformance/tool.ts";
import { within } from "../../conformance/within.ts";
import type { CentralSystem } from "../../harness.ts";

/** The content of a test file. */
export const content = Uint8Array.from({ length: 200_001 }, (_, at) => at * 7 + (at >> 8));
/** Settings with a certificate for `localhost` that is valid until 2120, and its key. */
export const CERTIFICATE = {
  ftpCertificate: new URL("./ftp_certificate.pem", import.meta.url).pathname,
  ftpKey: new URL("./ftp_key.pem", import.meta.url).pathname,
};

/** TLS options that trust only this certificate. */
export const TRUST = { ca: Deno.readTextFileSync(CERTIFICATE.ftpCertificate), servername: "localhost" };

export const PATIENT: FtpTimeouts = { commandMs: 60_000, connectMs: 10_000, stallMs: 10_000 };

/** Runs an FTP server for the app on a free port while `run` runs. */
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

/** Connects the independent client, with or without TLS, and closes it after `run`. */
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

/** Stores an image and makes an FTP address for it; returns the path of the address. */
export async function pathOf(central: CentralSystem, options: object = {}, image = content): Promise<string> {
  const { body: file } = await central.api("POST", "/v1/files", formWith(image, "image.bin"));
  const { body } = await central.api("POST", `/v1/files/${file.id}/addresses`, { scheme: "ftp", ...options });
  assertMatch(body.location, /^ftps?:\/\/localhost:0\/files\/[0-9a-f]{32}\/image\.bin$/);
  return new URL(body.location).pathname;
}

/** Downloads a file from an offset; returns its bytes. */
export async function fetched(client: Client, path: string, from = 0): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const sink = new Writable({ write: (part, _, done) => (parts.push(part), done()) });
  await client.downloadTo(sink, path, from);
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

/** Requests diagnostics over FTP; returns the id of the request and the folder that the charge point got. */
export async function requested({ operator, cp }: Tool, scheme: "ftp" | "ftps" = "ftp") {
  const request = operator.request("POST", "/v1/diagnostics", { chargePoint: cp.identity, scheme });
  const call = await cp.expectCall("GetDiagnostics");
  cp.wire.send(3, call.id, { fileName: "diag.zip" });
  const { body } = await request;
  const location = String(call.payload.location);
  assertMatch(location, /^ftps?:\/\/127\.0\.0\.1:0\/uploads\/[0-9a-f]{32}\/$/);
  assert(!JSON.stringify(body).includes(location));
  return { id: body.id as string, folder: new URL(location).pathname };
}

/** A stream of zero bytes. */
export const bytes = (length: number) => Readable.from([new Uint8Array(length)]);

/** Sends lines without waiting for replies; returns what the server sends until it closes the connection or `last` matches. */
export async function replies(port: number, lines: string, last?: RegExp): Promise<string> {
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

/** A control connection on which the test sends commands line by line. */
export class Control {
  #text = "";
  #onReceived = () => {};

  private constructor(private socket: Socket) {
    this.#listen();
  }

  #listen(): void {
    this.socket.on("error", () => {});
    this.socket.on("data", (part) => {
      this.#text += part;
      this.#onReceived();
    });
  }

  /** Connects and waits for the greeting. */
  static async open(port: number, socket: Socket = connect(port, "127.0.0.1")): Promise<Control> {
    const control = new Control(socket);
    await control.receive(/^220 .*\r\n/);
    return control;
  }

  /** Sends a command and waits for a reply that matches. */
  async command(line: string, reply: RegExp): Promise<RegExpExecArray> {
    this.#text = "";
    this.send(line);
    return await this.receive(reply);
  }

  /** Sends AUTH TLS and does the TLS handshake. */
  async beginTls(): Promise<void> {
    await this.command("AUTH TLS", /^234 /);
    this.socket.removeAllListeners("data");
    const secured = Promise.withResolvers<void>();
    this.socket = connectTls({ socket: this.socket, ...TRUST }, () => secured.resolve());
    this.#listen();
    await within(secured.promise, "TLS on the control connection");
  }

  /** Opens a passive port; returns its number. */
  async dataPort(): Promise<number> {
    return Number((await this.command("EPSV", /229 .*\|\|\|(\d+)\|/))[1]);
  }

  /** Resolves when the connection is closed. */
  get closed(): Promise<unknown> {
    return new Promise((resolve) => this.socket.once("close", resolve));
  }

  send(line: string): void {
    this.socket.write(`${line}\r\n`);
  }

  /** Waits until the text since the last command matches. */
  async receive(reply: RegExp): Promise<RegExpExecArray> {
    const received = Promise.withResolvers<RegExpExecArray>();
    this.#onReceived = () => {
      const found = reply.exec(this.#text);
      if (found) received.resolve(found);
    };
    this.#onReceived();
    return await within(received.promise, String(reply), () => this.#text);
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Reads a socket to its end. */
export async function allOf(socket: Socket): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of socket) parts.push(part);
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}
