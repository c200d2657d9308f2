/**
 * The files that charge points fetch, and the addresses at which they do. An address is a token that cannot be guessed; a client that has it may
 * fetch the file until it expires. The actor keeps the folder tidy: it removes what a killed process left behind.
 */
import { type Draft, type FileFolder, fileFolder } from "../../db/firmware_management/file_folder.ts";
import type { Scheme } from "../../db/firmware_management/firmware_campaign_tables.ts";
import type { FileRemoval, FoundAddress, StoredFile } from "../../db/firmware_management/files.ts";
import { StoreError } from "../../db/engine/errors.ts";
import type { Store } from "../../db/store.ts";
import { type ActorSystem, PERMANENT } from "../runtime/actor.ts";
import type { Settings } from "../settings/settings.ts";
import { uuidVersion7 } from "../runtime/uuid.ts";
import { hashOf, newToken } from "./tokens.ts";

/** For whom an address is made, and how long it is good. */
export interface AddressRequest {
  /** Id of the file. */
  readonly file: string;
  /** The charge point that will fetch it: the address begins as it reaches us. Null: for any. */
  readonly chargePoint: string | null;
  readonly expiresAt: Date;
  /** The address ends when the last byte was fetched. A download that broke off can still be resumed. */
  readonly once?: boolean;
  readonly scheme?: Scheme;
}

/** How a charge point reaches us, such as `http://cs.example:8080`; undefined when it was never here. Throws StoreError. */
export type Dialled = (chargePoint: string) => Promise<string | undefined>;

/** How often the actors look for files without a row. */
export const TIDY_EVERY_MS = 3_600_000;

/** Nothing is on its way for so long without being written to: an older file without a row was left behind by a killed process. */
export const LEFT_BEHIND_MS = 3_600_000;

/** For so long an expired address is told from one that never was. */
const EXPIRED_KEPT_MS = 7 * 86_400_000;

export class Files {
  readonly folder: FileFolder;

  constructor(
    readonly system: ActorSystem,
    readonly store: Store,
    readonly settings: Settings,
    readonly dialled: Dialled,
  ) {
    this.folder = fileFolder(`${filesDir(settings)}/firmware`);
    system.spawn<{ readonly kind: "tidyDue" }>("files", (context) => {
      context.every(TIDY_EVERY_MS, { kind: "tidyDue" }, 0);
      return {
        receive: () => this.#tidy().catch((error) => system.log.warn("The files could not be tidied", { error })),
      };
    }, PERMANENT);
  }

  /** Makes a received file one that we serve. */
  async add(draft: Draft, { name, description }: Pick<StoredFile, "name" | "description">): Promise<StoredFile> {
    const createdAt = this.system.clock.now();
    const { bytes, sha256 } = draft;
    const file = { id: uuidVersion7(createdAt), name, description, bytes, sha256, createdAt };
    await draft.keep(file.id);
    try {
      await this.store.files.insert(file);
    } catch (error) {
      // Of unknown outcome: the row may be there, so the bytes stay; without a row they are tidied away.
      if (error instanceof StoreError && error.kind === "refused") await this.folder.remove(file.id);
      throw error;
    }
    return file;
  }

  /** Stops serving a file, unless a campaign needs it. */
  async remove(id: string): Promise<FileRemoval> {
    const removal = await this.store.files.remove(id);
    if (removal === "removed") await this.folder.remove(id);
    return removal;
  }

  /**
   * An expiring address of a file for a charge point, to be sent to it as it is. It is never shown again: only the hash of its token is kept, so ask for
   * another one rather than for the same. Undefined: there is no such file. Throws StoreError.
   */
  async addressOf(
    { file: id, chargePoint, expiresAt, once = false, scheme }: AddressRequest,
  ): Promise<string | undefined> {
    const token = newToken();
    const createdAt = this.system.clock.now();
    const made = { tokenHash: hashOf(token), file: id, chargePoint, once, createdAt, expiresAt };
    const file = await this.store.files.insertAddress(made);
    return file && `${await this.baseUrl(chargePoint, scheme)}/files/${token}/${encodeURIComponent(file.name)}`;
  }

  /** What a token leads to; undefined when it was never given out. */
  async find(token: string): Promise<FoundAddress | undefined> {
    return await this.store.files.findAddress(hashOf(token), this.system.clock.now());
  }

  /** The last byte was fetched at this address. */
  async fetched(token: string): Promise<void> {
    await this.store.files.useAddress(hashOf(token), this.system.clock.now());
  }

  /** How a charge point reaches us: as the settings say, else as it dialled, else as a program on this machine would. */
  async baseUrl(chargePoint: string | null, scheme: Scheme = "http"): Promise<string> {
    const { publicUrl, port, ftpPort, ftpsPort } = this.settings;
    const dialled = publicUrl === null && chargePoint !== null ? await this.dialled(chargePoint) : undefined;
    const url = publicUrl ?? dialled ?? `http://localhost:${port}`;
    if (scheme === "http") return url;
    return `${scheme}://${new URL(url).hostname}:${scheme === "ftp" ? ftpPort : ftpsPort ?? ftpPort}`;
  }

  async #tidy(): Promise<void> {
    const nowMs = this.system.clock.now().getTime();
    const ids = await this.folder.tidy(new Date(nowMs - LEFT_BEHIND_MS));
    const known = await this.store.files.known(ids);
    for (const id of ids) if (!known.has(id)) await this.folder.remove(id);
    await this.store.files.removeAddressesBefore(new Date(nowMs - EXPIRED_KEPT_MS));
  }
}

/** Which settings are missing so that a scheme can be served, in words; undefined: none. */
export function lackOf(scheme: Scheme, { ftpPort, ftpsPort, ftpCertificate }: Settings): string | undefined {
  if (scheme === "ftp" && ftpPort === null) return "The FTP server is off; CHARGEHAND_FTP_PORT switches it on";
  if (scheme !== "ftps") return undefined;
  if (ftpCertificate === null) {
    return "The FTP server has no certificate for TLS; set CHARGEHAND_FTP_CERTIFICATE and CHARGEHAND_FTP_KEY";
  }
  if (ftpPort !== null || ftpsPort !== null) return undefined;
  return "The FTP server is off; CHARGEHAND_FTPS_PORT or CHARGEHAND_FTP_PORT switches it on";
}

/** Where the files are. */
export function filesDir({ filesDir, dataDir }: Settings): string {
  return filesDir ?? `${dataDir}/files`;
}
