/**
 * The files that charge points bring. An address is good for one file: the first whole one counts and later ones are refused, so that a
 * client that learns the address later cannot replace it. Files are removed after their time.
 */
import { type Draft, type FileFolder, fileFolder } from "../../db/firmware_management/file_folder.ts";
import type { UploadAddress } from "../../db/firmware_management/diagnostics.ts";
import type { Scheme } from "../../db/firmware_management/firmware_campaign_tables.ts";
import type { Store } from "../../db/store.ts";
import { type Actor, type ActorSystem, type Context, PERMANENT, type Ref, type Reply } from "../runtime/actor.ts";
import type { Settings } from "../settings/settings.ts";
import { uuidVersion7 } from "../runtime/uuid.ts";
import { type Files, filesDir, LEFT_BEHIND_MS, TIDY_EVERY_MS } from "./files.ts";
import { hashOf, newToken, uploadPath } from "./tokens.ts";

const DAY_MS = 86_400_000;

/** Connections that may bring the file of one address at once: a charge point tries again while its first attempt still hangs. */
const AT_ONCE = 2;

/** The actor has the answer in memory. */
const ASK_MS = 5000;

type UploadMail =
  | { readonly kind: "connectionBegins"; readonly commandId: string; readonly reply: Reply<boolean> }
  | { readonly kind: "connectionEnded"; readonly commandId: string }
  | { readonly kind: "tidyDue" | "tidied" };

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
    const tidy = () => this.#tidy().catch((error) => system.log.warn("Diagnostics could not be tidied", { error }));
    this.#counter = system.spawn<UploadMail>("uploads", (context) => new Counter(context, tidy), PERMANENT);
  }

  /** A new address at which a charge point can bring one file, good as soon as a GetDiagnostics with it goes out. Throws StoreError. */
  async newLocation(chargePoint: string, scheme: Scheme): Promise<string> {
    return await this.files.baseUrl(chargePoint, scheme) + uploadPath(newToken());
  }

  /** What a token is for; undefined when it was never given out. */
  async find(token: string): Promise<UploadAddress | undefined> {
    return await this.store.diagnostics.findAddress(hashOf(token));
  }

  /** Whether one more connection may bring this file. Every true must be followed by `end`. */
  begin({ commandId }: UploadAddress): Promise<boolean> {
    return this.#counter.ask((reply) => ({ kind: "connectionBegins", commandId, reply }), ASK_MS);
  }

  /** That connection is over. */
  end({ commandId }: UploadAddress): void {
    this.#counter.tell({ kind: "connectionEnded", commandId });
  }

  /** Keeps a file that came; false when one was there before. */
  async keep({ commandId, chargePoint }: UploadAddress, draft: Draft, name: string | null): Promise<boolean> {
    const receivedAt = this.system.clock.now();
    const file = uuidVersion7(receivedAt);
    const { bytes, sha256 } = draft;
    await draft.keep(file);
    const kept = await this.store.diagnostics.receive(commandId, { file, name, bytes, sha256, receivedAt });
    if (kept) this.system.log.info(`${chargePoint} has brought its diagnostics`, { name, bytes });
    else await this.folder.remove(file);
    return kept;
  }

  async #tidy(): Promise<void> {
    const nowMs = this.system.clock.now().getTime();
    const keptFrom = new Date(nowMs - this.settings.diagnosticsRetentionDays * DAY_MS);
    for (const file of await this.store.diagnostics.forgetFilesBefore(keptFrom)) await this.folder.remove(file);
    const ids = await this.folder.tidy(new Date(nowMs - LEFT_BEHIND_MS));
    const known = await this.store.diagnostics.knownFiles(ids);
    for (const id of ids) if (!known.has(id)) await this.folder.remove(id);
  }
}

/** Counts the connections that are bringing the file of a request, and has the folder tidied now and then. */
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
        // A large folder takes a while, and no upload waits for that.
        return this.context.pipe(this.tidy(), () => ({ kind: "tidied" }), () => ({ kind: "tidied" }));
      case "tidied":
        return void this.context.after(TIDY_EVERY_MS, { kind: "tidyDue" });
    }
  }

  #begin(commandId: string): boolean {
    if ((this.#underWay.get(commandId) ?? 0) >= AT_ONCE) return false;
    this.#count(commandId, 1);
    return true;
  }

  #count(commandId: string, change: 1 | -1): void {
    const count = (this.#underWay.get(commandId) ?? 0) + change;
    if (count <= 0) this.#underWay.delete(commandId);
    else this.#underWay.set(commandId, count);
  }
}
