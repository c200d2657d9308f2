/**
 * The FTP commands for downloading and uploading a file: RFC 959, SIZE, MDTM and REST of RFC 3659, EPSV of RFC 2428, TLS of RFC 4217. The
 * working directory is kept per session and not checked: only the path of a file has a meaning.
 */
import type { Socket } from "node:net";
import { streamOf } from "../http/file_answer.ts";
import type { App } from "../http/app.ts";
import { incomplete, notFound } from "../http/problem.ts";
import { download } from "../resources/firmware_management/downloads.ts";
import { allowUpload } from "../resources/firmware_management/uploads.ts";
import { NoConnection } from "./data_port.ts";
import { Passive } from "./passive.ts";
import { type Place, placeOf, resolvePath } from "./place.ts";
import { Protection } from "./protection.ts";
import type { Reply } from "./reply.ts";
import { receive, send } from "./transfer.ts";

/** How long the server waits for a client. */
export interface FtpTimeouts {
  /** For the next command. */
  readonly commandMs: number;
  /** For the data connection. */
  readonly connectMs: number;
  /** For a client that takes nothing of a file. Uploads are timed as over HTTP. */
  readonly stallMs: number;
}

/** The longest working directory, in characters. */
const PATH_MAX = 2048;

const FEATURES = ["EPSV", "MDTM", "PASV", "REST STREAM", "SIZE", "UTF8"];

type Answer = (argument: string) => Reply | Promise<Reply>;

/** The commands of one session, with its working directory and its running transfer. */
export class Commands {
  #folder: string[] = [];
  #restart = 0;
  #transfer: AbortController | undefined;
  readonly protection: Protection;
  readonly #passive: Passive;
  readonly #table: Readonly<Record<string, Answer>> = Object.assign(
    Object.create(null),
    {
      USER: () => [331, "Any password is accepted"],
      PASS: () => [230, "Logged in; the path of a file authorises"],
      SYST: () => [215, "UNIX Type: L8"],
      FEAT: () => [211, ["Features:", ...this.protection.features, ...FEATURES, "End"].join("\n")],
      AUTH: (mechanism) => this.protection.auth(mechanism),
      PBSZ: () => this.protection.size(),
      PROT: (level) => this.#protect(level),
      NOOP: () => [200, "OK"],
      QUIT: () => [221, "Goodbye"],
      ABOR: () => [226, "No transfer is running"],
      // Some charge points ask for text. Converting line ends would damage an image, so all types are binary.
      TYPE: (type) =>
        /^(A|I|L 8)( N)?$/i.test(type)
          ? [200, "Files are sent unchanged with every type"]
          : [504, "Only the types A, I and L 8 are supported"],
      MODE: (mode) => /^S$/i.test(mode) ? [200, "Stream mode"] : [504, "Only mode S (stream) is supported"],
      STRU: (structure) =>
        /^F$/i.test(structure) ? [200, "File structure"] : [504, "Only structure F (file) is supported"],
      OPTS: (option) => /^UTF8( ON)?$/i.test(option) ? [200, "UTF-8 is on"] : [501, "The only option is UTF8"],
      PWD: () => [257, `"/${this.#folder.join("/").replaceAll('"', '""')}"`],
      CWD: (path) => this.#enter(path),
      CDUP: () => this.#enter(".."),
      PASV: () => this.#passive.plain(),
      EPSV: (argument) => /^ALL$/i.test(argument) ? [200, "EPSV ALL accepted"] : this.#passive.extended(),
      REST: (offset) => this.#restartAt(offset),
      SIZE: async (path) => [213, String((await this.#fileAt(path)).bytes)],
      MDTM: async (path) => [213, (await this.#fileAt(path)).modifiedAt.toISOString().replace(/\..*|[-:T]/g, "")],
      RETR: (path) => this.#retrieve(path),
      STOR: (path) => this.#store(path),
    } satisfies Record<string, Answer>,
  );

  constructor(
    control: Socket,
    readonly app: App,
    readonly timeouts: FtpTimeouts,
    readonly reply: (reply: Reply) => void,
  ) {
    this.protection = new Protection(app);
    this.#passive = new Passive(control, app, this.protection, timeouts.connectMs);
  }

  /** The reply to a command line. Rejects with the problems and errors that the HTTP routes throw. */
  async answer(line: string): Promise<Reply> {
    const [verb = "", ...words] = line.split(" ");
    return await this.#table[verb.toUpperCase()]?.(words.join(" ")) ?? [502, "This command is not supported"];
  }

  /** Stops the running transfer. The transfer's own command then replies with 426. */
  abort(): void {
    this.#transfer?.abort();
  }

  /** Stops the transfer and closes the data port, because the control connection has ended. */
  end(): void {
    this.abort();
    this.#passive.close();
  }

  /** An open data port keeps its level of protection, so it is closed. */
  #protect(level: string): Reply {
    this.#passive.close();
    return this.protection.level(level);
  }

  #enter(path: string): Reply {
    const folder = resolvePath(this.#folder, path);
    if (folder.join("/").length > PATH_MAX) return [550, `The path has more than ${PATH_MAX} characters`];
    this.#folder = folder;
    return [250, "Directory changed; it is not checked before a file is requested"];
  }

  #restartAt(offset: string): Reply {
    if (!/^\d{1,15}$/.test(offset)) return [501, "REST needs a number of bytes"];
    this.#restart = Number(offset);
    return [350, "Send RETR to begin at this offset"];
  }

  #placeAt(path: string, kind: Place["kind"]): Place {
    const place = placeOf(resolvePath(this.#folder, path));
    if (place?.kind !== kind) {
      throw notFound("There is no such address; use the path of the address that was created");
    }
    return place;
  }

  async #fileAt(path: string) {
    return (await download(this.#placeAt(path, "files").token, this.app)).file;
  }

  async #retrieve(path: string): Promise<Reply> {
    const from = this.#takeRestart();
    const file = await this.#fileAt(path);
    if (from > file.bytes) return [554, `The file has ${file.bytes} bytes`];
    const stream = await streamOf(file, { from, bytes: file.bytes - from }, this.app.clock);
    try {
      return await this.#withData(async (connection) => {
        await send(stream, connection, this.app, this.timeouts.stallMs);
        return "The file was sent";
      });
    } finally {
      if (!stream.locked) await stream.cancel().catch(() => {});
    }
  }

  async #store(path: string): Promise<Reply> {
    if (this.#takeRestart() > 0) return [554, "An upload cannot begin at an offset; send the whole file"];
    const place = this.#placeAt(path, "uploads");
    const allowance = await allowUpload(place.token, this.app);
    let isOver = false;
    const end = () => {
      if (!isOver) allowance.end?.();
      isOver = true;
    };
    try {
      return await this.#withData((connection, aborted) =>
        receive(place, { ...allowance, end }, connection, this.app, aborted)
      );
    } finally {
      end();
    }
  }

  #takeRestart(): number {
    const offset = this.#restart;
    this.#restart = 0;
    return offset;
  }

  /** Announces the transfer with 150, waits for the data connection and does the work with it. */
  async #withData(work: (connection: Deno.Conn, aborted: AbortSignal) => Promise<string>): Promise<Reply> {
    const data = this.#passive.take();
    if (!data) return [425, "Send PASV or EPSV first"];
    const transfer = new AbortController();
    transfer.signal.addEventListener("abort", () => data.close());
    this.#transfer = transfer;
    try {
      this.reply([150, "Waiting for the data connection"]);
      using connection = await data.connected();
      return [226, (await work(connection, transfer.signal)).trim()];
    } catch (error) {
      if (transfer.signal.aborted) throw incomplete();
      if (error instanceof NoConnection) return [425, error.message];
      throw error;
    } finally {
      this.#transfer = undefined;
    }
  }
}
