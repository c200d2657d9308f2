/**
 * The configuration keys of a charge point (OCPP 1.6 chapter 9). Keys are compared without regard to case. A value that needs a reboot takes effect at
 * `reboot`. Secrets are never reported.
 */
import { type KeyDefinition, standardKeys } from "./configuration_keys.ts";

/** `ConfigurationStatus` of §7.22. */
export type ConfigurationStatus = "Accepted" | "Rejected" | "RebootRequired" | "NotSupported";

/** One key as GetConfiguration reports it. */
export interface ReportedKey {
  readonly key: string;
  readonly readonly: boolean;
  readonly value?: string;
}

/** All keys of one charge point. */
export class Configuration {
  readonly #definitions = new Map<string, KeyDefinition>();
  readonly #values = new Map<string, string>();
  readonly #afterReboot = new Map<string, string>();
  readonly #changed = new Set<string>();

  constructor(connectors: number, initial: Readonly<Record<string, string>>) {
    for (const definition of standardKeys(connectors)) {
      this.#definitions.set(definition.key.toLowerCase(), definition);
      this.#values.set(definition.key.toLowerCase(), definition.value);
    }
    for (const [key, value] of Object.entries(initial)) this.define(key, value);
  }

  /** Sets a value without the rules of ChangeConfiguration; an unknown key is added. */
  define(key: string, value: string): void {
    const name = key.toLowerCase();
    if (!this.#definitions.has(name)) this.#definitions.set(name, { key, value });
    this.#values.set(name, value);
  }

  /** ChangeConfiguration (§5.3). */
  change(key: string, value: string): ConfigurationStatus {
    const name = key.toLowerCase();
    const definition = this.#definitions.get(name);
    if (!definition) return "NotSupported";
    if (definition.readonly || value.length > 500 || definition.accepts?.(value) === false) return "Rejected";
    this.#changed.add(name);
    if (definition.needsReboot) {
      this.#afterReboot.set(name, value);
      return "RebootRequired";
    }
    this.#values.set(name, value);
    return "Accepted";
  }

  /** GetConfiguration (§5.8): the requested keys, or all without a request. */
  report(requested: readonly string[]): { configurationKey: ReportedKey[]; unknownKey: string[] } {
    const names = requested.length > 0
      ? [...new Set(requested.map((key) => key.toLowerCase()))]
      : [...this.#definitions.keys()];
    const known = names.flatMap((name) => this.#definitions.get(name) ?? []).filter((definition) => !definition.secret);
    return {
      configurationKey: known.map((definition) => ({
        key: definition.key,
        readonly: definition.readonly ?? false,
        value: this.text(definition.key),
      })),
      unknownKey: requested.filter((key) =>
        !known.some((definition) => definition.key.toLowerCase() === key.toLowerCase())
      ),
    };
  }

  /** Values that need a reboot take effect. */
  reboot(): void {
    for (const [name, value] of this.#afterReboot) this.#values.set(name, value);
    this.#afterReboot.clear();
  }

  text(key: string): string {
    return this.#values.get(key.toLowerCase()) ?? "";
  }

  /** The value as a whole number; 0 when it is not a number. */
  integer(key: string): number {
    return Number.parseInt(this.text(key), 10) || 0;
  }

  flag(key: string): boolean {
    return this.text(key).toLowerCase() === "true";
  }

  list(key: string): string[] {
    return this.text(key).split(",").map((item) => item.trim()).filter(Boolean);
  }

  /** The values that the Central System changed, to be saved. Values that need a reboot are included, because a restart of the simulator is one. */
  changes(): Record<string, string> {
    return Object.fromEntries([...this.#changed].map((name) => [name, this.#afterReboot.get(name) ?? this.text(name)]));
  }
}
