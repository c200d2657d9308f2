/**
 * What is on the desk of a campaign's actor and outlives its restarts: the charge points of which something was heard, and those whose command is being
 * made. However much is heard, one piece of mail says it.
 */
export class CampaignDesk {
  readonly calling = new Map<string, Promise<unknown>>();
  /** The campaign or a charge point was edited. */
  isEdited = false;
  heard = new Set<string>();
  #planned = false;

  /** `plan` has the actor look, a moment later. */
  constructor(readonly plan: () => void) {}

  /** Something happened to a charge point. */
  hear(identity: string): void {
    this.heard.add(identity);
    this.#planLook();
  }

  edited(): void {
    this.isEdited = true;
    this.#planLook();
  }

  /** Takes what was heard. */
  take(): Set<string> {
    this.#planned = false;
    const { heard } = this;
    this.heard = new Set();
    return heard;
  }

  #planLook(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.plan();
  }
}
