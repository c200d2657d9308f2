/** The commands of FTP that fetch or bring a file take: RFC 959, SIZE, MDTM and REST of RFC 3659, EPSV of RFC 2428. */
import { lookup } from "node:dns/promises";
import { isIPv4, type Socket } from "node:net";
import { streamOf } from "../../file_answer.ts";
import type { House } from "../../house.ts";
import { incomplete, notFound } from "../../problem.ts";
import { download } from "../downloads.ts";
import { allowUpload } from "../uploads.ts";
import { DataPort, plainAddress } from "./data_port.ts";
import { type Place, placeOf, resolvePath } from "./place.ts";
import { receive, send } from "./transfer.ts";

/** What is answered; a text of several lines is written as RFC 959 4.2 has it. */
export type Reply = readonly [code: number, text: string];

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

type Answer = (argument: string) => Reply | Promise<Reply>;

export class Commands {
  #folder: string[] = [];
  #restart = 0;
  #data: DataPort | undefined;
  #transfer: AbortController | undefined;
  readonly #table: Readonly<Record<string, Answer>> = Object.assign(
    Object.create(null),
    {
      USER: () => [331, "Any password will do"],
      PASS: () => [230, "The address is what counts"],
      SYST: () => [215, "UNIX Type: L8"],
      FEAT: () => [211, "Features:\nEPSV\nMDTM\nPASV\nREST STREAM\nSIZE\nUTF8\nEnd"],
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
      PASV: () => this.#openPassive(),
      EPSV: (argument) => /^ALL$/i.test(argument) ? [200, "Good"] : this.#openExtended(),
      REST: (offset) => this.#restartAt(offset),
      SIZE: async (path) => [213, String((await this.#fileAt(path)).bytes)],
      MDTM: async (path) => [213, (await this.#fileAt(path)).modifiedAt.toISOString().replace(/\..*|[-:T]/g, "")],
      RETR: (path) => this.#retrieve(path),
      STOR: (path) => this.#store(path),
    } satisfies Record<string, Answer>,
  );

  constructor(
    readonly control: Socket,
    readonly house: House,
    readonly patience: FtpPatience,
    readonly say: (reply: Reply) => void,
  ) {}

  /** Rejects with what the HTTP way would throw. */
  async answer(line: string): Promise<Reply> {
    const [verb = "", ...words] = line.split(" ");
    return await this.#table[verb.toUpperCase()]?.(words.join(" ")) ?? [502, "This is not done here"];
  }

  /** Breaks off what is on its way, which answers for itself. */
  abort(): void {
    this.#transfer?.abort();
    if (this.#transfer) this.#data?.close();
  }

  /** The control connection is over. */
  end(): void {
    this.abort();
    this.#data?.close();
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
    return (await download(this.#placeAt(path, "files").token, this.house)).file;
  }

  async #open(): Promise<DataPort | undefined> {
    this.#data?.close();
    const { house: { settings, clock }, patience: { connectMs } } = this;
    const peer = plainAddress(this.control.remoteAddress);
    const { host, ftpPassivePorts: ports } = settings;
    this.#data = await DataPort.open({ host, ports, peer, clock, waitMs: connectMs });
    if (this.control.destroyed) this.#data?.close();
    return this.#data;
  }

  async #openExtended(): Promise<Reply> {
    const data = await this.#open();
    return data ? [229, `Entering Extended Passive Mode (|||${data.port}|)`] : noPort;
  }

  async #openPassive(): Promise<Reply> {
    const address = await this.#reachedAt();
    if (!address) return [425, "There is no IPv4 address for it; use EPSV"];
    const data = await this.#open();
    if (!data) return noPort;
    const numbers = [...address.split("."), data.port >> 8, data.port & 255];
    return [227, `Entering Passive Mode (${numbers.join()})`];
  }

  /** PASV knows only IPv4: that of the public host, else the one that was dialled. */
  async #reachedAt(): Promise<string | undefined> {
    const { publicUrl } = this.house.settings;
    const found = publicUrl && await lookup(new URL(publicUrl).hostname, { family: 4 }).catch(() => undefined);
    if (found) return found.address;
    const local = plainAddress(this.control.localAddress);
    return isIPv4(local) ? local : undefined;
  }

  async #retrieve(path: string): Promise<Reply> {
    const from = this.#takeRestart();
    const file = await this.#fileAt(path);
    if (from > file.bytes) return [554, `The file has ${file.bytes} bytes`];
    const stream = await streamOf(file, { from, bytes: file.bytes - from }, this.house.clock);
    try {
      return await this.#overData(async (socket) => {
        await send(stream, socket, this.house, this.patience.stallMs);
        return "That was all";
      });
    } finally {
      if (!stream.locked) await stream.cancel().catch(() => {});
    }
  }

  async #store(path: string): Promise<Reply> {
    if (this.#takeRestart() > 0) return [554, "A file is brought from its beginning"];
    const place = this.#placeAt(path, "uploads");
    const allowance = await allowUpload(place.token, this.house);
    let isOver = false;
    const end = () => {
      if (!isOver) allowance.end?.();
      isOver = true;
    };
    try {
      return await this.#overData((socket, aborted) =>
        receive(place, { ...allowance, end }, socket, this.house, aborted)
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
  async #overData(work: (socket: Socket, aborted: AbortSignal) => Promise<string>): Promise<Reply> {
    const data = this.#data;
    if (!data) return [425, "PASV or EPSV comes first"];
    const transfer = this.#transfer = new AbortController();
    try {
      this.say([150, "Here it goes"]);
      const socket = await data.connected().catch(() => undefined);
      transfer.signal.throwIfAborted();
      if (!socket) return [425, "No data connection came"];
      return [226, (await work(socket, transfer.signal)).trim()];
    } catch (error) {
      throw transfer.signal.aborted ? incomplete() : error;
    } finally {
      this.#transfer = undefined;
      this.#data = undefined;
    }
  }
}

const noPort: Reply = [425, "There is no free port; see CHARGEHAND_FTP_PASSIVE_PORTS"];
