import type { Store } from "../../../db/store.ts";

/**
 * The store with a wrapper around each call: `around` can execute it, delay it or make it fail. `call` is the repository and its method, as in
 * `commands.insert`.
 */
export function watchedStore(store: Store, around: (call: string, work: () => unknown) => unknown): Store {
  const watch = <T extends object>(target: T, path: string): T =>
    new Proxy(target, {
      get(_, name) {
        const member: unknown = Reflect.get(target, name);
        const call = path + String(name);
        if (typeof member === "function") {
          return (...args: unknown[]) => around(call, () => member.apply(target, args));
        }
        return typeof member === "object" && member !== null ? watch(member, `${call}.`) : member;
      },
    });
  return watch(store, "");
}
