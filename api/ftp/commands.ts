/** The commands of FTP that fetch or bring a file take: RFC 959, SIZE, MDTM and REST of RFC 3659, EPSV of RFC 2428, TLS of RFC 4217. */
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

/** How long a silent peer is waited for. */
export interface FtpPatience {
  /** For a command. */
  readonly commandMs: number;
  /** For a data connection. */
  readonly connectMs: number;
  /** For somebody who takes nothing of a file. What comes in is timed as over HTTP. */
  readonly stallMs: number;
}

/** Directories may be nested so deep and no deeper. */
const PATH_MAX = 2048;

const FEATURES = ["EPSV", "MDTM", "PASV", "REST STREAM", "SIZE", "UTF8"];

type Answer = (argument: string) => Reply | Promise<Reply>;

export class Commands {
  #folder: string[] = [];
  #restart = 0;
  #transfer: AbortController | undefined;
  readonly protection: Protection;
  readonly #passive: Passive;
  readonly #table: Readonly<Record<string, Answer>> = Object.assign(
    Object.create(null),
    {
      USER: () => [331, "Any password will do"],
      PASS: () => [230, "The address is what counts"],
      SYST: () => [215, "UNIX Type: L8"],
      FEAT: () => [211, ["Features:", ...this.protection.features, ...FEATURES, "End"].join("\n")],
      AUTH: (mechanism) => this.protection.auth(mechanism),
      PBSZ: () => this.protection.size(),
      PROT: (level) => this.#protect(level),
      NOOP: () => [200, "Here"],
      QUIT: () => [221, "Goodbye"],
      ABOR: () => [226, "Nothing is on its way"],
      // Loaders ask for text by habit; an image that is changed on its way would be no image.
      TYPE: (type) => /^(A|I|L 8)( N)?$/i.test(type) ? [200, "Bytes go as they are"] : [504, "A and I"],
      MODE: (mode) => /^S$/i.test(mode) ? [200, "Stream"] : [504, "Only S"],
      STRU: (structure) => /^F$/i.test(structure) ? [200, "File"] : [504, "Only F"],
      OPTS: (option) => /^UTF8( ON)?$/i.test(option) ? [200, "UTF-8"] : [501, "Only UTF8"],
      PWD: () => [257, `"/${this.#folder.join("/").replaceAll('"', '""')}"`],
      CWD: (path) => this.#enter(path),
      CDUP: () => this.#enter(".."),
      PASV: () => this.#passive.plain(),
      EPSV: (argument) => /^ALL$/i.test(argument) ? [200, "Good"] : this.#passive.extended(),
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
    readonly patience: FtpPatience,
    readonly say: (reply: Reply) => void,
  ) {
    this.protection = new Protection(app);
    this.#passive = new Passive(control, app, this.protection, patience.connectMs);
  }

  /** Rejects with what the HTTP way would throw. */
  async answer(line: string): Promise<Reply> {
    const [verb = "", ...words] = line.split(" ");
    return await this.#table[verb.toUpperCase()]?.(words.join(" ")) ?? [502, "This is not done here"];
  }

  /** Breaks off what is on its way, which answers for itself. */
  abort(): void {
    this.#transfer?.abort();
  }

  /** The control connection is over. */
  end(): void {
    this.abort();
    this.#passive.close();
  }

  /** A port that was opened before holds to what was asked then, and so is not used. */
  #protect(level: string): Reply {
    this.#passive.close();
    return this.protection.level(level);
  }

  #enter(path: string): Reply {
    const folder = resolvePath(this.#folder, path);
    if (folder.join("/").length > PATH_MAX) return [550, "That is too deep"];
    this.#folder = folder;
    return [250, "Whether it leads anywhere is seen with a file"];
  }

  #restartAt(offset: string): Reply {
    if (!/^\d{1,15}$/.test(offset)) return [501, "A number of bytes"];
    this.#restart = Number(offset);
    return [350, "And now the file"];
  }

  #placeAt(path: string, kind: Place["kind"]): Place {
    const place = placeOf(resolvePath(this.#folder, path));
    if (place?.kind !== kind) throw notFound("There is no such address");
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
      return await this.#overData(async (connection) => {
        await send(stream, connection, this.app, this.patience.stallMs);
        return "That was all";
      });
    } finally {
      if (!stream.locked) await stream.cancel().catch(() => {});
    }
  }

  async #store(path: string): Promise<Reply> {
    if (this.#takeRestart() > 0) return [554, "A file is brought from its beginning"];
    const place = this.#placeAt(path, "uploads");
    const allowance = await allowUpload(place.token, this.app);
    let isOver = false;
    const end = () => {
      if (!isOver) allowance.end?.();
      isOver = true;
    };
    try {
      return await this.#overData((connection, aborted) =>
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

  /** Does something with the data connection, once it is there. */
  async #overData(work: (connection: Deno.Conn, aborted: AbortSignal) => Promise<string>): Promise<Reply> {
    const data = this.#passive.take();
    if (!data) return [425, "PASV or EPSV comes first"];
    const transfer = new AbortController();
    transfer.signal.addEventListener("abort", () => data.close());
    this.#transfer = transfer;
    try {
      this.say([150, "Here it goes"]);
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
