import { assert, assertEquals, assertRejects } from "@std/assert";
import { type FileFolder, fileFolder, FolderError } from "../../../db/firmware_management/file_folder.ts";

const ID = "01950000-0000-7000-8000-000000000001";

async function withFolder(run: (folder: FileFolder, path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir({ prefix: "chargehand-test-" });
  try {
    await run(fileFolder(`${path}/deep/down`), `${path}/deep/down`);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

async function* bytes(...parts: (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield new TextEncoder().encode(part);
  }
}

async function names(path: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name).toSorted();
}

Deno.test("a kept file is found under its id, and read from any position", () =>
  withFolder(async (folder, path) => {
    const draft = await folder.receive(bytes("abc", "", "def"), 6);
    assertEquals(draft.bytes, 6);
    assertEquals(draft.sha256, "bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721");
    await assertRejects(() => folder.open(ID, 0), Deno.errors.NotFound);
    await draft.keep(ID);
    await draft.drop();
    assertEquals(await names(path), [ID]);
    using file = await folder.open(ID, 2);
    const read = new Uint8Array(9);
    assertEquals([await file.read(read), new TextDecoder().decode(read.subarray(0, 4))], [4, "cdef"]);
    assertEquals((await Deno.stat(`${path}/${ID}`)).mode! & 0o777, 0o600);
    await folder.remove(ID);
    await folder.remove(ID);
    assertEquals(await names(path), []);
  }));

Deno.test("no file is left of one that is too large, interrupted or dropped", () =>
  withFolder(async (folder, path) => {
    const tooLarge = await assertRejects(() => folder.receive(bytes("abc", "def"), 5), FolderError);
    assertEquals(tooLarge.kind, "tooLarge");
    await assertRejects(() => folder.receive(bytes("abc", new Error("cut")), 5), Error, "cut");
    await (await folder.receive(bytes("abc"), 5)).drop();
    assertEquals(await names(path), []);
  }));

Deno.test("an id that is not a UUID never becomes a path", () =>
  withFolder(async (folder) => {
    for (const id of ["../secret", "a/b", "..", "", `${ID}/../x`]) {
      await assertRejects(() => folder.open(id, 0), Error, "as the id of a file");
    }
  }));

Deno.test("files that a killed process left are cleaned up only when they are old", () =>
  withFolder(async (folder, path) => {
    await Deno.mkdir(`${path}/a folder`, { recursive: true });
    const old = new Date("2026-01-01T00:00:00Z");
    for (const name of ["old.part", "new.part", ID, "notes.txt"]) await Deno.writeTextFile(`${path}/${name}`, "x");
    for (const name of ["old.part", ID, "notes.txt"]) await Deno.utime(`${path}/${name}`, old, old);
    assertEquals(await folder.cleanUp(new Date("2026-01-01T00:00:01Z")), [ID]);
    assertEquals(await names(path), [ID, "a folder", "new.part", "notes.txt"]);
    assertEquals(await fileFolder(`${path}/missing`).cleanUp(new Date()), []);
  }));

Deno.test("a full disk is reported as such, and no incomplete file is left", () =>
  withFolder(async (_, path) => {
    const program = `
      import { fileFolder } from ${
      JSON.stringify(new URL("../../../db/firmware_management/file_folder.ts", import.meta.url).href)
    };
      async function* endless() { for (let i = 0; i < 64; i++) yield new Uint8Array(65536); }
      await fileFolder(${
      JSON.stringify(path)
    }).receive(endless(), 1e9).catch(({ name, kind }) => console.log(name, kind));`;
    // The process may not write files larger than 1 MiB; the system reports this like a full disk.
    const limited = `trap '' XFSZ; ulimit -f 1024; exec "$0" run --no-prompt --allow-read --allow-write -`;
    const child = new Deno.Command("bash", {
      args: ["-c", limited, Deno.execPath()],
      stdin: "piped",
      stdout: "piped",
      env: { NO_COLOR: "1" },
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(program));
    await writer.close();
    const { stdout } = await child.output();
    assertEquals(new TextDecoder().decode(stdout), "FolderError full\n");
    assert((await names(path)).length === 0);
  }));
