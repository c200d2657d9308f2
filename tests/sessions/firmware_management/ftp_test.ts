/** Files and uploads over FTP: a client that others wrote, and bare sockets for what no honest client does. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Client } from "basic-ftp";
import { type AddressInfo, connect } from "node:net";
import { Readable, Writable } from "node:stream";
import { systemClock } from "../../../actors/clock.ts";
import { DataPort } from "../../../api/firmware_management/ftp/data_port.ts";
import type { FtpPatience } from "../../../api/firmware_management/ftp/commands.ts";
import { ftpServer } from "../../../api/firmware_management/ftp/server.ts";
import { listen } from "../../../api/server.ts";
import { formWith } from "../../api/firmware_management/walk.ts";
import { suite } from "../../conformance/suite.ts";
import type { Tool } from "../../conformance/tool.ts";
import { eventually, within } from "../../conformance/within.ts";
import { callApi, type CentralSystem } from "../../harness.ts";

const MAX_BYTES = 100_000;
const PORT = 40_021;
const test = suite({ maxUploadBytes: MAX_BYTES, ftpPort: 0, ftpPassivePorts: "20000-29999" });

const content = Uint8Array.from({ length: 200_001 }, (_, at) => at * 7 + (at >> 8));
const PATIENT: FtpPatience = { commandMs: 60_000, connectMs: 10_000, stallMs: 10_000 };

/** An FTP server of the house's at a free port. */
async function serving({ house }: CentralSystem, run: (port: number) => Promise<void>, patience = PATIENT) {
  const { server, cut } = ftpServer(house, patience);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await run((server.address() as AddressInfo).port);
  } finally {
    cut();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function withClient(port: number, run: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client(10_000);
  try {
    await client.access({ host: "127.0.0.1", port });
    await run(client);
  } finally {
    client.close();
  }
}

async function pathOf(central: CentralSystem, asked: object = {}): Promise<string> {
  const { body: file } = await central.api("POST", "/v1/files", formWith(content, "image.bin"));
  const { body } = await central.api("POST", `/v1/files/${file.id}/addresses`, { scheme: "ftp", ...asked });
  assertMatch(body.location, /^ftp:\/\/localhost:0\/files\/[0-9a-f]{32}\/image\.bin$/);
  return new URL(body.location).pathname;
}

async function fetched(client: Client, path: string, from = 0): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const sink = new Writable({ write: (part, _, done) => (parts.push(part), done()) });
  await client.downloadTo(sink, path, from);
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

async function requested({ operator, cp }: Tool) {
  const asking = operator.ask("POST", "/v1/diagnostics", { chargePoint: cp.identity, scheme: "ftp" });
  const call = await cp.expectCall("GetDiagnostics");
  cp.wire.send(3, call.id, { fileName: "diag.zip" });
  const { body } = await asking;
  const location = String(call.payload.location);
  assertMatch(location, /^ftp:\/\/127\.0\.0\.1:0\/uploads\/[0-9a-f]{32}\/$/);
  assert(!JSON.stringify(body).includes(location));
  return { id: body.id as string, folder: new URL(location).pathname };
}

const bytes = (length: number) => Readable.from([new Uint8Array(length)]);

/** Speaks without manners: sends lines, and answers what comes until the peer ends or a line fits. */
async function said(port: number, lines: string, last?: RegExp): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(lines);
  let text = "";
  const over = Promise.withResolvers<void>();
  socket.on("data", (part) => {
    text += part;
    if (last?.test(text)) over.resolve();
  });
  socket.on("error", () => over.resolve());
  socket.on("close", () => over.resolve());
  await within(over.promise, "the FTP server's answer");
  socket.destroy();
  return text;
}

test("a file is fetched whole and from where a download broke off", (_, central) =>
  serving(central, async (port) => {
    const path = await pathOf(central);
    await withClient(port, async (client) => {
      assertEquals(await fetched(client, path), content);
      assertEquals(await fetched(client, path, 150_000), content.slice(150_000));
      assertEquals(await client.size(path), content.length);
      assert(Math.abs((await client.lastMod(path)).getTime() - Date.now()) < 60_000);
      await client.cd(path.replace("/image.bin", ""));
      assertEquals(await fetched(client, "anything.hex"), content);
      await assertRejects(() => client.list(), Error, "502");
    });
  }));

test("addresses end over FTP as they do over HTTP", (_, central) =>
  serving(central, async (port) => {
    const once = await pathOf(central, { once: true });
    const { house } = central;
    const { body: { items: [file] } } = await central.api("GET", "/v1/files?limit=1");
    const expiresAt = house.clock.now();
    const expired = await house.files.addressOf({ file: file.id, chargePoint: null, expiresAt, scheme: "ftp" });
    await withClient(port, async (client) => {
      assertEquals(await fetched(client, once), content);
      await assertRejects(() => fetched(client, once), Error, "550 This address is over");
      await assertRejects(() => fetched(client, new URL(expired!).pathname), Error, "550 This address is over");
      for (
        const path of [`/files/${"0".repeat(32)}`, "/files/..", "../../etc/passwd", "/", "/files//x/../..", "/uploads"]
      ) {
        await assertRejects(() => fetched(client, path), Error, "550 There is no such address");
      }
    });
  }));

test("a file is brought once, and its name leads nowhere", (tool, central) =>
  serving(central, async (port) => {
    await tool.booted();
    await withClient(port, async (client) => {
      for (const name of ["diag.zip", "..\\..\\diag.zip", "a/b/diag.zip", "/diag.zip"]) {
        const { id, folder } = await requested(tool);
        await client.uploadFrom(bytes(5000), folder + name);
        const { state, file } = await tool.operator.get(`/v1/diagnostics/${id}`);
        assertEquals([state, file.name, file.bytes], ["received", "diag.zip", 5000]);
        await assertRejects(() => client.uploadFrom(bytes(1), folder + name), Error, "550 A file has come");
      }
      const { folder } = await requested(tool);
      await assertRejects(() => client.uploadFrom(bytes(1), `${folder}../../files/x`), Error, "550");
      await assertRejects(() => client.uploadFrom(bytes(1), `/uploads/${"0".repeat(32)}/x`), Error, "550");
    });
  }));

test("too large a file is refused, and a smaller one may follow", (tool, central) =>
  serving(central, async (port) => {
    await tool.booted();
    const { id, folder } = await requested(tool);
    await withClient(port, async (client) => {
      await assertRejects(() => client.uploadFrom(bytes(MAX_BYTES + 1), `${folder}x`));
    });
    await withClient(port, async (client) => {
      await client.uploadFrom(bytes(MAX_BYTES), `${folder}x`);
    });
    assertEquals((await tool.operator.get(`/v1/diagnostics/${id}`)).file.bytes, MAX_BYTES);
  }));

test("an upload whose control connection ends is not kept", (tool, central) =>
  serving(central, async (port) => {
    await tool.booted();
    const { id, folder } = await requested(tool);
    const control = connect(port, "127.0.0.1");
    const data = Promise.withResolvers<ReturnType<typeof connect>>();
    control.on("data", (part) => {
      const found = /\|\|\|(\d+)\|/.exec(String(part));
      if (found) data.resolve(connect(Number(found[1]), "127.0.0.1"));
      if (String(part).includes("150 ")) control.destroy();
    });
    control.write(`EPSV\r\nSTOR ${folder}x\r\n`);
    const socket = await data.promise;
    socket.on("error", () => {});
    socket.write("half of it");
    await within(new Promise((resolve) => socket.once("close", resolve).resume()), "the data connection to end");
    assertEquals((await tool.operator.get(`/v1/diagnostics/${id}`)).file, null);
  }));

test("a data connection from elsewhere is refused", async () => {
  const where = { host: "127.0.0.1", ports: "20000-29999", clock: systemClock, waitMs: 10_000 };
  const port = (await DataPort.open({ ...where, peer: "192.0.2.1" }))!;
  const stranger = connect(port.port, "127.0.0.1");
  stranger.on("error", () => {});
  await within(new Promise((resolve) => stranger.once("close", resolve).resume()), "the stranger to be cut");
  port.close();
  await assertRejects(() => port.connected(), Error, "No data connection came");
});

test("who is silent, too long or too much is cut", (_, central) =>
  serving(central, async (port) => {
    const path = await pathOf(central);
    assertMatch(await said(port, ""), /^220 .*\r\n421 Nothing was said/);
    assertMatch(await said(port, `EPSV\r\nRETR ${path}\r\n`), /150 .*\r\n425 No data connection came/);
    assertMatch(await said(port, `RETR ${path}\r\n`), /425 PASV or EPSV comes first/);
    assertMatch(await said(port, "x".repeat(5000)), /421 Too much at once/);
    assertMatch(await said(port, "NOOP\r\n".repeat(100)), /421 Too much at once/);
    assertMatch(await said(port, "PORT 127,0,0,1,1,1\r\nAUTH TLS\r\nconstructor\r\nQUIT\r\n"), /(502 .*\r\n){3}221/);
  }, { commandMs: 200, connectMs: 100, stallMs: 1000 }));

test(
  "what is on its way is broken off by ABOR, and can be brought again",
  (tool, central) =>
    serving(central, async (port) => {
      await tool.booted();
      const { id, folder } = await requested(tool);
      const control = connect(port, "127.0.0.1");
      let text = "";
      const over = Promise.withResolvers<void>();
      control.on("close", () => over.resolve());
      control.on("data", (part) => {
        text += part;
        const [, high, low] = /227 .*\(127,0,0,1,(\d+),(\d+)\)/.exec(String(part)) ?? [];
        if (high) {
          const data = connect(Number(high) * 256 + Number(low), "127.0.0.1", () => {
            data.write("half of it", () => control.write(`STOR ${folder}x\r\n`));
          });
          data.on("error", () => {});
        }
        if (String(part).includes("150 ")) control.write("\xff\xf4\xff\xf2ABOR\r\nQUIT\r\n", "latin1");
      });
      control.write("PASV\r\n");
      await within(over.promise, "the session to end");
      assertMatch(text, /150 .*\r\n426 .*\r\n226 .*\r\n221 /);
      await withClient(port, async (client) => {
        await client.uploadFrom(bytes(3), `${folder}x`);
      });
      assertEquals((await tool.operator.get(`/v1/diagnostics/${id}`)).file.bytes, 3);
    }),
);

test("only so many connections of one address are open", (_, central) =>
  serving(central, async (port) => {
    const sockets = Array.from({ length: 20 }, () => connect(port, "127.0.0.1"));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("data", resolve))));
    assertMatch(await said(port, ""), /^421 Too many connections/);
    for (const socket of sockets) socket.destroy();
    await eventually("there is room again", async () => (await said(port, "", /220/)).startsWith("220") || undefined);
  }));

test(
  "it listens where the setting says and ends with the rest; without it no address is made",
  async (tool, central) => {
    const { house } = central;
    const settings = { ...house.settings, ftpPort: PORT };
    const listening = await listen({ ...house, settings });
    assertEquals(listening.ftpPort, PORT);
    await withClient(PORT, async (client) => assertEquals(await client.pwd(), "/"));
    await within(listening.close(), "the listeners to end");
    await assertRejects(() => withClient(PORT, () => Promise.resolve()));

    const without = await listen({ ...house, settings: { ...settings, ftpPort: null } });
    assertEquals(without.ftpPort, null);
    const url = `http://127.0.0.1:${without.apiPort}/v1/diagnostics`;
    const { status, body } = await callApi(url, "POST", { chargePoint: tool.cp.identity, scheme: "ftp" });
    assertEquals([status, body.detail], [400, "The FTP server is off; CHARGEHAND_FTP_PORT switches it on"]);
    await without.close();
  },
);
