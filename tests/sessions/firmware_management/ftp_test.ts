/** Downloads and uploads over FTP, with an independent client, and with plain sockets for what a correct client does not do. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { connect } from "node:net";
import { listen } from "../../../api/server.ts";
import { formWith } from "../../api/resources/firmware_management/walk.ts";
import { suite } from "../../conformance/suite.ts";
import { eventually, within } from "../../conformance/within.ts";
import { callApi } from "../../harness.ts";
import {
  allOf,
  bytes,
  content,
  Control,
  fetched,
  pathOf,
  PATIENT,
  replies,
  requested,
  serving,
  withClient,
} from "./ftp_connections.ts";

const MAX_BYTES = 100_000;
const PORT = 40_021;
const test = suite({ maxUploadBytes: MAX_BYTES, ftpPort: 0, ftpPassivePorts: "20000-29999" });

test("a file is downloaded completely, and from an offset (REST)", (_, central) =>
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

test(
  "a campaign with scheme ftp gives each charge point an FTP address",
  (tool, central) =>
    serving(central, async (port) => {
      const { operator, cp } = tool;
      await tool.booted();
      const { body: file } = await central.api("POST", "/v1/files", formWith(content, "2.0.bin"));
      const targets = { chargePoints: [cp.identity] };
      const campaign = { file: file.id, scheme: "ftp", targets };
      const { body: { id, scheme } } = await operator.request("POST", "/v1/firmware-campaigns", campaign);
      assertEquals(scheme, "ftp");
      await operator.request("POST", `/v1/firmware-campaigns/${id}/start`, {});
      const { location } = await cp.expect("UpdateFirmware");
      cp.confirm({});
      assertMatch(String(location), /^ftp:\/\/127\.0\.0\.1:0\/files\//);
      const { pathname } = new URL(String(location));
      await withClient(port, async (client) => assertEquals(await fetched(client, pathname), content));
    }),
);

test("expired, used and unknown addresses are refused over FTP", (_, central) =>
  serving(central, async (port) => {
    const once = await pathOf(central, { once: true });
    const { app } = central;
    const { body: { items: [file] } } = await central.api("GET", "/v1/files?limit=1");
    const expiresAt = app.clock.now();
    const expired = await app.files.addressOf({ file: file.id, chargePoint: null, expiresAt, scheme: "ftp" });
    await withClient(port, async (client) => {
      assertEquals(await fetched(client, once), content);
      await assertRejects(() => fetched(client, once), Error, "550 This address has expired or was used");
      await assertRejects(
        () => fetched(client, new URL(expired!).pathname),
        Error,
        "550 This address has expired or was used",
      );
      for (
        const path of [`/files/${"0".repeat(32)}`, "/files/..", "../../etc/passwd", "/", "/files//x/../..", "/uploads"]
      ) {
        await assertRejects(() => fetched(client, path), Error, "550 There is no such address");
      }
    });
  }));

test(
  "an address takes one upload, and the file name cannot lead to another folder",
  (tool, central) =>
    serving(central, async (port) => {
      await tool.booted();
      await withClient(port, async (client) => {
        for (const name of ["diag.zip", "..\\..\\diag.zip", "a/b/diag.zip", "/diag.zip"]) {
          const { id, folder } = await requested(tool);
          await client.uploadFrom(bytes(5000), folder + name);
          const { state, file } = await tool.operator.get(`/v1/diagnostics/${id}`);
          assertEquals([state, file.name, file.bytes], ["received", "diag.zip", 5000]);
          await assertRejects(
            () => client.uploadFrom(bytes(1), folder + name),
            Error,
            "550 A file was already uploaded",
          );
        }
        const { folder } = await requested(tool);
        await assertRejects(() => client.uploadFrom(bytes(1), `${folder}../../files/x`), Error, "550");
        await assertRejects(() => client.uploadFrom(bytes(1), `/uploads/${"0".repeat(32)}/x`), Error, "550");
      });
    }),
);

test(
  "a file above the limit is refused, and a smaller one is accepted afterwards",
  (tool, central) =>
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
    }),
);

test("an upload is discarded when its control connection ends", (tool, central) =>
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

test(
  "a data connection from another address is cut, and the right client is served afterwards",
  (_, central) =>
    serving(central, async (port) => {
      const path = await pathOf(central);
      const control = await Control.open(port);
      const dataPort = await control.dataPort();
      const other = connect({ host: "127.0.0.1", port: dataPort, localAddress: "127.0.0.2" });
      other.on("error", () => {});
      await within(new Promise((resolve) => other.once("close", resolve).resume()), "the other connection to be cut");
      const data = connect(dataPort, "127.0.0.1");
      const received = allOf(data);
      await control.command(`RETR ${path}`, /226 /);
      assertEquals(await received, content);
      control.close();
    }),
);

test("without a free passive port, EPSV and PASV are refused until a port is free", async (_, central) => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port: onlyPort } = taken.addr;
  const settings = { ...central.app.settings, ftpPassivePorts: `${onlyPort}-${onlyPort}` };
  await serving({ ...central, app: { ...central.app, settings } }, async (port) => {
    const control = await Control.open(port);
    await control.command(
      "EPSV",
      /425 There is no free data port; try again later \(CHARGEHAND_FTP_PASSIVE_PORTS has the range\)/,
    );
    await control.command("PASV", /425 There is no free data port/);
    taken.close();
    await control.command("EPSV", new RegExp(`229 .*${onlyPort}`));
    control.close();
  });
});

test(
  "a download that the client does not read is given up, and can be repeated",
  (_, central) =>
    serving(central, async (port) => {
      const image = new Uint8Array(24_000_000); // more than the socket buffers of both ends
      const path = await pathOf(central, {}, image);
      const control = await Control.open(port);
      const dataPort = await control.dataPort();
      const data = connect(dataPort, "127.0.0.1").pause();
      data.on("error", () => {});
      await control.command(`RETR ${path}`, /426 The connection ended/);
      data.destroy();
      control.close();
      await withClient(port, async (client) => assertEquals((await fetched(client, path, 23_999_000)).length, 1000));
    }, { patience: { ...PATIENT, stallMs: 300 } }),
);

test(
  "silent clients, long lines and too many commands at once are cut; unknown commands are refused",
  (_, central) =>
    serving(central, async (port) => {
      const path = await pathOf(central);
      assertMatch(await replies(port, ""), /^220 .*\r\n421 No command arrived for/);
      assertMatch(
        await replies(port, `EPSV\r\nRETR ${path}\r\n`),
        /150 .*\r\n425 The client did not open the data connection in time/,
      );
      assertMatch(await replies(port, `RETR ${path}\r\n`), /425 Send PASV or EPSV first/);
      assertMatch(await replies(port, "x".repeat(5000)), /421 A command line has at most 2048 bytes/);
      assertMatch(await replies(port, "NOOP\r\n".repeat(100)), /421 A command line has at most 2048 bytes/);
      assertMatch(
        await replies(port, "PORT 127,0,0,1,1,1\r\nAUTH TLS\r\nconstructor\r\nQUIT\r\n"),
        /(502 .*\r\n){3}221/,
      );
    }, { patience: { commandMs: 200, connectMs: 100, stallMs: 1000 } }),
);

test(
  "ABOR ends an upload, which can be repeated",
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

test("the number of open connections of one address is limited", (_, central) =>
  serving(central, async (port) => {
    const sockets = Array.from({ length: 20 }, () => connect(port, "127.0.0.1"));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("data", resolve))));
    assertMatch(await replies(port, ""), /^421 Too many connections/);
    for (const socket of sockets) socket.destroy();
    await eventually("a new connection is accepted", async () =>
      (await replies(port, "", /220/)).startsWith("220") || undefined);
  }));

test(
  "the FTP server listens on the port of its setting and ends with the product; without the setting, no FTP address is made",
  async (tool, central) => {
    const { app } = central;
    const settings = { ...app.settings, ftpPort: PORT };
    const listening = await listen({ ...app, settings });
    assertEquals(listening.ftpPort, PORT);
    await withClient(PORT, async (client) => assertEquals(await client.pwd(), "/"));
    await within(listening.close(), "the listeners to end");
    await assertRejects(() => withClient(PORT, () => Promise.resolve()));

    const without = await listen({ ...app, settings: { ...settings, ftpPort: null } });
    assertEquals(without.ftpPort, null);
    const url = `http://127.0.0.1:${without.apiPort}/v1/diagnostics`;
    const { status, body } = await callApi(url, "POST", { chargePoint: tool.cp.identity, scheme: "ftp" });
    assertEquals([status, body.detail], [400, "The FTP server is off; set CHARGEHAND_FTP_PORT to switch it on"]);
    await without.close();
  },
);
