/**
 * The files that charge points upload, such as diagnostics. An upload address accepts one file. Once a file is complete, later uploads are refused, so
 * that a client that gets the address later cannot replace the file. Files are removed after the retention time.
 */
import { type Draft, type FileFolder, fileFolder } from "../../db/firmware_management/file_folder.ts";
import type { UploadAddress } from "../../db/firmware_management/diagnostics.ts";
import type { Scheme } from "../../db/firmware_management/firmware_campaign_tables.ts";
import type { Store } from "../../db/store.ts";
import { type Actor, type ActorSystem, type Context, PERMANENT, type Ref, type Reply } from "../runtime/actor.ts";
import type { Settings } from "../settings/settings.ts";
import { uuidVersion7 } from "../runtime/uuid.ts";
import { type Files, filesDir, ORPHAN_AGE_MS, TIDY_INTERVAL_MS } from "./files.ts";
import { hashOf, newToken, uploadPath } from "./tokens.ts";

const DAY_MS = 86_400_000;

/** Simultaneous uploads to one address: a charge point may retry while its first connection still hangs. */
const CONNECTIONS_MAX = 2;

/** The actor answers from memory, so this time-out is generous. */
const ASK_TIMEOUT_MS = 5000;

type UploadMail =
  | { readonly kind: "connectionBegins"; readonly commandId: string; readonly reply: Reply<boolean> }
  | { readonly kind: "connectionEnded"; readonly commandId: string }
  | { readonly kind: "tidyDue" | "tidied" };

/** Makes upload addresses and keeps the uploaded files. */
export class Uploads {
  readonly folder: FileFolder;
  readonly #counter: Ref<UploadMail>;

  constructor(
    readonly system: ActorSystem,
    readonly store: Store,
    readonly settings: Settings,
    readonly files: Pick<Files, "baseUrl">,
  ) {
    this.folder = fileFolder(`${filesDir(settings)}/diagnostics`);
    const tidy = () =>
      this.#tidy().catch((error) => system.log.warn("Old uploads could not be removed; retrying later", { error }));
    this.#counter = system.spawn<UploadMail>("uploads", (context) => new Counter(context, tidy), PERMANENT);
  }

  /** A new address for one upload. It is accepted from the moment when a GetDiagnostics with it is sent. Throws StoreError. */
  async newLocation(chargePoint: string, scheme: Scheme): Promise<string> {
    return await this.files.baseUrl(chargePoint, scheme) + uploadPath(newToken());
  }

  /** The request of a token; undefined: there is no such token. */
  async find(token: string): Promise<UploadAddress | undefined> {
    return await this.store.diagnostics.findAddress(hashOf(token));
  }

  /** Whether one more connection may upload to this address. If true, the caller must call `end` when the connection is over. */
  begin({ commandId }: UploadAddress): Promise<boolean> {
    return this.#counter.ask((reply) => ({ kind: "connectionBegins", commandId, reply }), ASK_TIMEOUT_MS);
  }

  /** Call when a connection for which `begin` returned true is over. */
  end({ commandId }: UploadAddress): void {
    this.#counter.tell({ kind: "connectionEnded", commandId });
  }

  /** Keeps an uploaded file. Returns false if there is a file already; the new one is then removed. */
  async keep({ commandId, chargePoint }: UploadAddress, draft: Draft, name: string | null): Promise<boolean> {
    const receivedAt = this.system.clock.now();
    const file = uuidVersion7(receivedAt);
    const { bytes, sha256 } = draft;
    await draft.keep(file);
    const kept = await this.store.diagnostics.receive(commandId, { file, name, bytes, sha256, receivedAt });
    if (kept) this.system.log.info(`${chargePoint} uploaded its diagnostics`, { name, bytes });
    else await this.folder.remove(file);
    return kept;
  }

  async #tidy(): Promise<void> {
    const nowMs = this.system.clock.now().getTime();
    const keptFrom = new Date(nowMs - this.settings.diagnosticsRetentionDays * DAY_MS);
    for (const file of await this.store.diagnostics.forgetFilesBefore(keptFrom)) await this.folder.remove(file);
    const ids = await this.folder.cleanUp(new Date(nowMs - ORPHAN_AGE_MS));
    const known = await this.store.diagnostics.knownFiles(ids);
    for (const id of ids) if (!known.has(id)) await this.folder.remove(id);
  }
}

/** Counts the open connections of each upload, and removes old files at intervals. */
class Counter implements Actor<UploadMail> {
  readonly #underWay = new Map<string, number>();

  constructor(readonly context: Context<UploadMail>, readonly tidy: () => Promise<void>) {
    context.after(0, { kind: "tidyDue" });
  }

  receive(mail: UploadMail): void {
    switch (mail.kind) {
      case "connectionBegins":
        return mail.reply(this.#begin(mail.commandId));
      case "connectionEnded":
        return this.#count(mail.commandId, -1);
      case "tidyDue":
        // Piped, because a large folder takes a while and uploads must not wait for that.
        return this.context.pipe(this.tidy(), () => ({ kind: "tidied" }), () => ({ kind: "tidied" }));
      case "tidied":
        return void this.context.after(TIDY_INTERVAL_MS, { kind: "tidyDue" });
    }
  }

  #begin(commandId: string): boolean {
    if ((this.#underWay.get(commandId) ?? 0) >= CONNECTIONS_MAX) return false;
    this.#count(commandId, 1);
    return true;
  }

  #count(commandId: string, change: 1 | -1): void {
    const count = (this.#underWay.get(commandId) ?? 0) + change;
    if (count <= 0) this.#underWay.delete(commandId);
    else this.#underWay.set(commandId, count);
  }
}
