/**
 * The files that charge points download, and their addresses. An address contains a random token; a client that has it may download the file until
 * the address expires. An actor removes files that a killed process left behind.
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

/** The charge point and the expiry of a new address. */
export interface AddressRequest {
  /** Id of the file. */
  readonly file: string;
  /** The charge point that will download it: the address has the host name that it uses for the Central System. Null: any charge point. */
  readonly chargePoint: string | null;
  readonly expiresAt: Date;
  /** The address expires when the last byte was sent. An interrupted download can be resumed. */
  readonly once?: boolean;
  readonly scheme?: Scheme;
}

/**
 * The base URL under which a charge point last connected, such as `http://cs.example:8080`; undefined: it has never connected. Throws StoreError.
 */
export type DialledUrl = (chargePoint: string) => Promise<string | undefined>;

/** Interval at which the actors remove files without a row. */
export const TIDY_INTERVAL_MS = 3_600_000;

/** Minimum age of a file without a row that is removed: a transfer writes to its file more often than this. */
export const ORPHAN_AGE_MS = 3_600_000;

/** How long an expired address is kept, so that the answer can say that it has expired. */
const EXPIRED_KEPT_MS = 7 * 86_400_000;

/** Adds, finds and removes files, and makes addresses. */
export class Files {
  readonly folder: FileFolder;

  constructor(
    readonly system: ActorSystem,
    readonly store: Store,
    readonly settings: Settings,
    readonly dialledUrl: DialledUrl,
  ) {
    this.folder = fileFolder(`${filesDir(settings)}/firmware`);
    system.spawn<{ readonly kind: "tidyDue" }>("files", (context) => {
      context.every(TIDY_INTERVAL_MS, { kind: "tidyDue" }, 0);
      return {
        receive: () =>
          this.#tidy().catch((error) =>
            system.log.warn("Files without a row could not be removed; retrying later", { error })
          ),
      };
    }, PERMANENT);
  }

  /** Adds an uploaded file, so that charge points can download it. */
  async add(draft: Draft, { name, description }: Pick<StoredFile, "name" | "description">): Promise<StoredFile> {
    const createdAt = this.system.clock.now();
    const { bytes, sha256 } = draft;
    const file = { id: uuidVersion7(createdAt), name, description, bytes, sha256, createdAt };
    await draft.keep(file.id);
    try {
      await this.store.files.insert(file);
    } catch (error) {
      // After an unknown outcome the row may exist, so the file stays; without a row it is removed later.
      if (error instanceof StoreError && error.kind === "refused") await this.folder.remove(file.id);
      throw error;
    }
    return file;
  }

  /** Removes a file, unless a campaign uses it. */
  async remove(id: string): Promise<FileRemoval> {
    const removal = await this.store.files.remove(id);
    if (removal === "removed") await this.folder.remove(id);
    return removal;
  }

  /**
   * Makes an address that expires. Only the hash of its token is stored, so the address cannot be read again; make another one instead. Undefined:
   * there is no such file. Throws StoreError.
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

  /** The file of a token; undefined: there is no such token. */
  async find(token: string): Promise<FoundAddress | undefined> {
    return await this.store.files.findAddress(hashOf(token), this.system.clock.now());
  }

  /** Call after the last byte was sent at this address. */
  async fetched(token: string): Promise<void> {
    await this.store.files.useAddress(hashOf(token), this.system.clock.now());
  }

  /** The base URL for a charge point: from the settings, else the one with which it connected, else localhost. */
  async baseUrl(chargePoint: string | null, scheme: Scheme = "http"): Promise<string> {
    const { publicUrl, port, ftpPort, ftpsPort } = this.settings;
    const dialled = publicUrl === null && chargePoint !== null ? await this.dialledUrl(chargePoint) : undefined;
    const url = publicUrl ?? dialled ?? `http://localhost:${port}`;
    if (scheme === "http") return url;
    return `${scheme}://${new URL(url).hostname}:${scheme === "ftp" ? ftpPort : ftpsPort ?? ftpPort}`;
  }

  async #tidy(): Promise<void> {
    const nowMs = this.system.clock.now().getTime();
    const ids = await this.folder.cleanUp(new Date(nowMs - ORPHAN_AGE_MS));
    const known = await this.store.files.known(ids);
    for (const id of ids) if (!known.has(id)) await this.folder.remove(id);
    await this.store.files.removeAddressesBefore(new Date(nowMs - EXPIRED_KEPT_MS));
  }
}

/** A sentence about the settings that are missing to serve a scheme; undefined: none. */
export function missingSettings(scheme: Scheme, { ftpPort, ftpsPort, ftpCertificate }: Settings): string | undefined {
  if (scheme === "ftp" && ftpPort === null) return "The FTP server is off; set CHARGEHAND_FTP_PORT to switch it on";
  if (scheme !== "ftps") return undefined;
  if (ftpCertificate === null) {
    return "The FTP server has no certificate for TLS; set CHARGEHAND_FTP_CERTIFICATE and CHARGEHAND_FTP_KEY";
  }
  if (ftpPort !== null || ftpsPort !== null) return undefined;
  return "The FTP server is off; set CHARGEHAND_FTPS_PORT or CHARGEHAND_FTP_PORT to switch it on";
}

/** The folder for uploaded and downloaded files: the setting, else `files` in the data folder. */
export function filesDir({ filesDir, dataDir }: Settings): string {
  return filesDir ?? `${dataDir}/files`;
}
