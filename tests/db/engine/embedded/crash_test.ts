import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { layoutOf } from "../../../../db/engine/embedded/data_folder.ts";
import {
  type Child,
  type ChildEvent,
  type EngineFolder,
  filledFolder,
  gone,
  postmasterOf,
  signal,
  startChild,
} from "./folder.ts";
import { once, startWriter } from "./ledger.ts";

const backendOf = (url: string) =>
  once(url, async (sql) =>
    Number(
      (await sql.unsafe(
        "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() and query like 'insert%'",
      ))[0]?.pid,
    ));

/** Runs `fault` while entries are written, and expects that writing goes on at the same address with nothing lost. */
async function survives(fault: (folder: EngineFolder, up: ChildEvent, child: Child) => Promise<void>): Promise<void> {
  await using folder = await filledFolder();
  await using child = startChild(folder.dataDir);
  const up = await child.event("up");
  const url = String(up.url);
  await using writer = await startWriter(url);
  await writer.more(50);
  await fault(folder, up, child);
  await writer.more(50);
  await writer.end();
  await writer.verify(url);
  await child.end();
}

Deno.test("kill -9 of the postmaster: the server is restarted at the same address", () =>
  survives(async ({ dataDir }) => {
    const postmaster = (await postmasterOf(dataDir))!;
    signal(postmaster, "SIGKILL");
    await gone(postmaster);
  }));

Deno.test("kill -9 of one backend: the server recovers by itself", () =>
  survives(async (_, up) => {
    const backend = await backendOf(String(up.url));
    assert(backend > 0, "the writer has a backend");
    signal(backend, "SIGKILL");
    await gone(backend);
  }));

Deno.test("a crash is logged with PostgreSQL's own message", async () => {
  await using folder = await filledFolder();
  await using child = startChild(folder.dataDir);
  const up = await child.event("up");
  await using writer = await startWriter(String(up.url));
  await writer.more(1);
  signal(await backendOf(String(up.url)), "SIGKILL");
  await child.event("log", /connection to PostgreSQL was lost/);
  await child.event("log", /accepts connections again/);
  await child.event("log", /PostgreSQL reports: .*terminated by signal 9/);
  await writer.end();
  await child.end();
  assertEquals(child.events.filter(({ line }) => /terminated by signal 9/.test(String(line))).length, 1);
});

Deno.test("kill -9 of the process and of the postmaster at once: the next start recovers", async () => {
  await using folder = await filledFolder();
  await using first = startChild(folder.dataDir);
  const url = String((await first.event("up")).url);
  await using writer = await startWriter(url);
  await writer.more(50);
  const postmaster = (await postmasterOf(folder.dataDir))!;
  signal(postmaster, "SIGKILL");
  await first.kill();
  await gone(postmaster);
  await using second = startChild(folder.dataDir);
  const up = await second.event("up");
  assertEquals([up.adopted, up.url], [false, url]);
  await writer.more(50);
  await writer.end();
  await writer.verify(url);
});

Deno.test("the process id of a dead postmaster belongs to another program: the start does not end that program", async () => {
  await using folder = await filledFolder();
  await using first = startChild(folder.dataDir);
  const url = String((await first.event("up")).url);
  const postmaster = (await postmasterOf(folder.dataDir))!;
  signal(postmaster, "SIGKILL");
  await first.kill();
  await gone(postmaster);
  const foreign = new Deno.Command("sleep", { args: ["600"], stdin: "null" }).spawn();
  try {
    const pidFile = `${layoutOf(folder.dataDir).cluster}/postmaster.pid`;
    const text = await Deno.readTextFile(pidFile);
    await Deno.writeTextFile(pidFile, text.replace(/^\d+/, String(foreign.pid)));
    await using second = startChild(folder.dataDir);
    const up = await second.event("up");
    assertEquals([up.adopted, up.url], [false, url]);
    await second.end();
    let running = true;
    foreign.status.then(() => running = false);
    await Promise.resolve();
    assert(running, "the other program still runs");
  } finally {
    foreign.kill("SIGKILL");
    await foreign.status;
  }
});

for (const [how, answer] of [["breaks off every connection", "close"], ["says nothing", "hold"]] as const) {
  Deno.test(`another program that ${how} has taken the port of a dead server: a start moves to another port`, async () => {
    await using folder = await filledFolder();
    await using first = startChild(folder.dataDir);
    const url = String((await first.event("up")).url);
    const postmaster = (await postmasterOf(folder.dataDir))!;
    await first.kill();
    signal(postmaster, "SIGKILL");
    await gone(postmaster);
    using listener = Deno.listen({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
    const held: Deno.Conn[] = [];
    const answering = (async () => {
      for await (const connection of listener) {
        if (answer === "close") connection.close();
        else held.push(connection);
      }
    })();
    await using second = startChild(folder.dataDir);
    const up = await second.event("up");
    assertEquals([up.adopted, up.url === url], [false, false]);
    await once(String(up.url), (sql) => sql.unsafe("select 1"));
    await second.end();
    listener.close();
    await answering;
    for (const each of held) each.close();
  });
}

Deno.test("the start reports a server that does not answer, and takes it over when it continues", async () => {
  await using folder = await filledFolder();
  await using first = startChild(folder.dataDir);
  const url = String((await first.event("up")).url);
  await first.kill();
  const postmaster = (await postmasterOf(folder.dataDir))!;
  signal(postmaster, "SIGSTOP");
  try {
    await using second = startChild(folder.dataDir);
    const failed = await second.event("failed");
    assertEquals(failed.kind, "refused");
    assertMatch(String(failed.message), /does not answer on 127\.0\.0\.1:\d+.*postmaster\.pid.*start again/);
  } finally {
    signal(postmaster, "SIGCONT");
  }
  await using third = startChild(folder.dataDir);
  const up = await third.event("up");
  assertEquals([up.adopted, up.url], [true, url]);
});

Deno.test("a frozen backend of a dead server is waited for, because it could still write", async () => {
  await using folder = await filledFolder();
  await using first = startChild(folder.dataDir);
  const url = String((await first.event("up")).url);
  await using writer = await startWriter(url);
  await writer.more(10);
  const backend = await backendOf(url);
  signal(backend, "SIGSTOP");
  try {
    const postmaster = (await postmasterOf(folder.dataDir))!;
    signal(postmaster, "SIGKILL");
    await first.event("log", /cannot be started.*retried every few seconds/);
  } finally {
    signal(backend, "SIGCONT");
  }
  await first.event("log", /was restarted/);
  await writer.more(10);
  await writer.end();
  await writer.verify(url);
});

Deno.test("a frozen postmaster: open connections work, and new ones when it continues", () =>
  survives(async ({ dataDir }, up) => {
    const postmaster = (await postmasterOf(dataDir))!;
    signal(postmaster, "SIGSTOP");
    try {
      await assertRejects(() => once(String(up.url), (sql) => sql.unsafe("select 1")), Error, "CONNECT_TIMEOUT");
    } finally {
      signal(postmaster, "SIGCONT");
    }
  }));

Deno.test("a frozen backend: the others work, and its statement takes effect once", () =>
  survives(async (_, up) => {
    const url = String(up.url);
    const backend = await backendOf(url);
    assert(backend > 0, "the writer has a backend");
    signal(backend, "SIGSTOP");
    try {
      await once(url, (sql) => sql.unsafe("create table others ()"));
    } finally {
      signal(backend, "SIGCONT");
    }
  }));

Deno.test("a frozen Chargehand keeps the lock of its folder, and continues afterwards", () =>
  survives(async ({ dataDir }, _, child) => {
    child.signal("SIGSTOP");
    try {
      await using second = startChild(dataDir);
      assertEquals((await second.event("failed")).kind, "locked");
    } finally {
      child.signal("SIGCONT");
    }
  }));
