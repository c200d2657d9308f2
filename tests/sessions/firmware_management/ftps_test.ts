/** FTP with TLS: explicit (AUTH TLS) and implicit (TLS from the first byte), and what must be refused. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Client } from "../../packages/basic_ftp.ts";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { createLog } from "../../../actors/runtime/log.ts";
import { listen } from "../../../api/server.ts";
import { suite } from "../../conformance/suite.ts";
import { within } from "../../conformance/within.ts";
import { callApi } from "../../harness.ts";
import {
  allOf,
  bytes,
  CERTIFICATE,
  content,
  Control,
  pathOf,
  PATIENT,
  replies,
  requested,
  serving,
  TRUST,
  withClient,
} from "./ftp_connections.ts";

/** Far more than the socket buffers hold. */
const MANY_BYTES = 5_000_000;

const test = suite({ maxUploadBytes: MANY_BYTES, ftpsPort: 0, ftpPassivePorts: "20000-29999", ...CERTIFICATE });

/** Both ways to begin TLS. */
const WAYS = [{ isImplicit: false, secure: true }, { isImplicit: true, secure: "implicit" }] as const;

/** Opens a control connection with TLS; its data connections are protected (P) or in clear (C). */
async function secured(port: number, level: "P" | "C", isImplicit = false): Promise<Control> {
  const control = await Control.open(port, isImplicit ? connectTls({ port, host: "127.0.0.1", ...TRUST }) : undefined);
  if (!isImplicit) await control.beginTls();
  await control.command("PBSZ 0", /^200 PBSZ=0/);
  await control.command(`PROT ${level}`, /^200 /);
  return control;
}

/** Downloads over a protected data connection of `Deno.startTls`: `node:tls` of Deno 2.9, which the client uses, may lose the end of a file. */
async function fetchedProtected(control: Control, path: string, from = 0): Promise<Uint8Array> {
  const clear = await Deno.connect({ hostname: "127.0.0.1", port: await control.dataPort() });
  const data = await Deno.startTls(clear, { hostname: "localhost", caCerts: [TRUST.ca] });
  if (from > 0) await control.command(`REST ${from}`, /^350 /);
  const received = new Response(data.readable).bytes();
  await control.command(`RETR ${path}`, /226 /);
  return await received;
}

for (const { isImplicit, secure } of WAYS) {
  const way = isImplicit ? "TLS from the beginning" : "AUTH TLS";

  test(
    `${way}: a file is downloaded completely, and from an offset (REST)`,
    (_, central) =>
      serving(central, async (port) => {
        const path = await pathOf(central, { scheme: "ftps" });
        await withClient(port, async (client) => {
          assert(client.ftp.hasTLS);
          assertEquals(await client.size(path), content.length);
        }, secure);
        const control = await secured(port, "P", isImplicit);
        assertEquals(await fetchedProtected(control, path), content);
        assertEquals(await fetchedProtected(control, path, 150_000), content.slice(150_000));
        control.close();
      }, { isImplicit }),
  );

  test(`${way}: a large file is uploaded completely`, (tool, central) =>
    serving(central, async (port) => {
      await tool.booted();
      const { id, folder } = await requested(tool, "ftps");
      await withClient(port, (client) =>
        client.uploadFrom(bytes(MANY_BYTES), `${folder}diag.zip`).then(() => {}), secure);
      const { state, file } = await tool.operator.get(`/v1/diagnostics/${id}`);
      assertEquals([state, file.bytes], ["received", MANY_BYTES]);
    }, { isImplicit }));
}

test(
  "a client that does not trust the certificate ends its connection",
  (_, central) =>
    serving(central, async (port) => {
      const client = new Client(10_000);
      await assertRejects(() => client.access({ host: "127.0.0.1", port, secure: true }), Error, "certificate");
      client.close();
      await withClient(port, async (client) => assertEquals(await client.pwd(), "/"), true);
    }),
);

test(
  "after PROT P, an upload in clear is refused and can be repeated with TLS",
  (tool, central) =>
    serving(central, async (port) => {
      await tool.booted();
      const { id, folder } = await requested(tool, "ftps");
      const control = await secured(port, "P");
      const data = connect(await control.dataPort(), "127.0.0.1", () => data.end("in clear"));
      data.on("error", () => {});
      await control.command(`STOR ${folder}x`, /425 The TLS handshake on the data connection failed/);
      control.close();
      await withClient(port, (client) => client.uploadFrom(bytes(7), `${folder}x`).then(() => {}), true);
      assertEquals((await tool.operator.get(`/v1/diagnostics/${id}`)).file.bytes, 7);
    }),
);

test(
  "a data connection on which the client does not begin TLS is given up",
  (_, central) =>
    serving(central, async (port) => {
      const path = await pathOf(central, { scheme: "ftps" });
      const control = await secured(port, "P");
      const data = connect(await control.dataPort(), "127.0.0.1");
      data.on("error", () => {});
      await control.command(`RETR ${path}`, /425 The client did not open the data connection in time/);
      data.destroy();
      control.close();
    }, { patience: { ...PATIENT, connectMs: 300 } }),
);

test(
  "an upload that ends without the end of TLS is discarded",
  (tool, central) =>
    serving(central, async (port) => {
      await tool.booted();
      const { id, folder } = await requested(tool, "ftps");
      const control = await secured(port, "P");
      const data = connect(await control.dataPort(), "127.0.0.1");
      data.on("error", () => {});
      const written = new Promise<void>((resolve) => {
        const half = connectTls({ socket: data, ...TRUST }, () => half.write("half of it", () => resolve()));
        half.on("error", () => {});
      });
      await control.command(`STOR ${folder}x`, /150 /);
      await within(written, "half of the file to be sent");
      data.destroy();
      await control.receive(/42[56] /); // 425 when the connection breaks before TLS has begun
      control.close();
      assertEquals((await tool.operator.get(`/v1/diagnostics/${id}`)).file, null);
    }),
);

test(
  "after PROT C, data is sent in clear and commands stay protected",
  (_, central) =>
    serving(central, async (port) => {
      const path = await pathOf(central, { scheme: "ftps" });
      const control = await secured(port, "C");
      const received = allOf(connect(await control.dataPort(), "127.0.0.1"));
      await control.command(`RETR ${path}`, /226 /);
      assertEquals(await received, content);
      control.close();
    }),
);

test(
  "AUTH, PBSZ and PROT must come in this order, and PROT applies to the passive ports after it",
  (_, central) =>
    serving(central, async (port) => {
      const path = await pathOf(central, { scheme: "ftps" });
      const control = await Control.open(port);
      await control.command("FEAT", /^211-Features:\r\n AUTH TLS\r\n PBSZ\r\n PROT\r\n[^]*211 End/);
      await control.command("PBSZ 0", /^503 Send AUTH/);
      await control.command("PROT P", /^503 Send PBSZ/);
      await control.command("AUTH KERBEROS_V4", /^504 /);
      await control.beginTls();
      await control.command("AUTH TLS", /^503 /);
      await control.command("PROT P", /^503 Send PBSZ/);
      await control.command("PBSZ 0", /^200 PBSZ=0/);
      await control.command("PROT S", /^536 /);
      await control.command("PROT X", /^504 /);
      await control.dataPort();
      await control.command("PROT P", /^200 /);
      await control.command(`RETR ${path}`, /^425 Send PASV or EPSV first/);
      control.close();
    }),
);

test("a command in clear after AUTH is not executed", (_, central) =>
  serving(central, async (port) => {
    assertMatch(await replies(port, "AUTH TLS\r\nPASV\r\n"), /^220 .*\r\n421 Nothing may follow AUTH.*\r\n$/);
    const inClear = await replies(port, "AUTH TLS\r\n", /234 .*\r\n/);
    assertMatch(inClear, /^220 .*\r\n234 .*\r\n$/);
    const control = await Control.open(port);
    await control.command("AUTH TLS", /^234 /);
    const closed = within(control.closed, "the connection without TLS to end");
    control.send("PWD");
    await closed;
    await withClient(port, async (client) => assertEquals(await client.pwd(), "/"), true);
  }));

test("a renewed certificate is used at once, and an invalid one is logged", async (_, central) => {
  const folder = await Deno.makeTempDir({ prefix: "chargehand-test-" });
  const ftpCertificate = `${folder}/chain.pem`;
  await Deno.writeTextFile(ftpCertificate, "renewing");
  const lines: string[] = [];
  const log = createLog({ level: "error", format: "text", now: () => new Date(), write: (line) => lines.push(line) });
  const { app } = central;
  const settings = { ...app.settings, ftpCertificate };
  await serving({ app: { ...app, settings, log } }, async (port) => {
    const control = await Control.open(port);
    await control.command("AUTH TLS", /^431 The server's certificate cannot be used/);
    assertMatch(lines.join(), /CHARGEHAND_FTP_CERTIFICATE: ".*chain\.pem" is not what is expected/);
    await Deno.copyFile(CERTIFICATE.ftpCertificate, ftpCertificate);
    await control.beginTls();
    control.close();
  });
  await Deno.writeTextFile(ftpCertificate, "renewing");
  await serving({ app: { ...app, settings, log } }, async (port) => {
    assertMatch(await replies(port, ""), /^421 The server's certificate cannot be used/);
  }, { isImplicit: true });
  await Deno.remove(folder, { recursive: true });
});

test("the refusal of an ftps address names the missing settings", async (tool, { app }) => {
  const refusal = async (changed: object) => {
    const listening = await listen({ ...app, settings: { ...app.settings, ftpsPort: null, ...changed } });
    const url = `http://127.0.0.1:${listening.apiPort}/v1/diagnostics`;
    const { status, body } = await callApi(url, "POST", { chargePoint: tool.cp.identity, scheme: "ftps" });
    await listening.close();
    assertEquals(status, 400);
    return body.detail;
  };
  assertMatch(await refusal({}), /off; set CHARGEHAND_FTPS_PORT or CHARGEHAND_FTP_PORT to switch it on/);
  const detail = await refusal({ ftpCertificate: null, ftpKey: null });
  assertMatch(detail, /no certificate for TLS; set CHARGEHAND_FTP_CERTIFICATE and CHARGEHAND_FTP_KEY/);
});

test(
  "the FTP port serves with and without TLS, the FTPS port only with TLS, and both end with the product",
  async (_, { app }) => {
    const free = [0, 0].map(() => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
    const [ftpPort, ftpsPort] = free.map(({ addr }) => addr.port) as [number, number];
    for (const listener of free) listener.close();
    const listening = await listen({ ...app, settings: { ...app.settings, ftpPort, ftpsPort } });
    assertEquals([listening.ftpPort, listening.ftpsPort], [ftpPort, ftpsPort]);
    const ways = [[ftpPort, false], [ftpPort, true], [ftpsPort, "implicit"]] as const;
    for (const [port, secure] of ways) {
      await withClient(port, async (client) => assertEquals(await client.pwd(), "/"), secure);
    }
    assertMatch(await replies(ftpsPort, "NOOP\r\n"), /^(?!220)/);
    await within(listening.close(), "the listeners to end");
  },
);
