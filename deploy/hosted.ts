/**
 * The entry for hosting where a program is only `export default { fetch }`, e.g. `deno serve deploy/hosted.ts`. It speaks to charge points
 * through Deno's own WebSockets; the README names what that transport cannot do. Needs DATABASE_URL: such hosts keep no files.
 */
import { createApp } from "../api/app.ts";
import { upgradeOnDeno } from "../api/transport_deno.ts";
import { ENDPOINT } from "../ocpp/handshake.ts";
import { openHouse, settingsOrExit } from "../main.ts";

const settings = settingsOrExit();
const house = await openHouse(settings);
const app = createApp(house);
if (house.newAdminKey) console.log(`The admin key, shown only this once: ${house.newAdminKey}`);

export default {
  fetch(request: Request, info: Deno.ServeHandlerInfo): Response | Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname !== ENDPOINT && !pathname.startsWith(`${ENDPOINT}/`)) return app.fetch(request);
    const address = info.remoteAddr.transport === "tcp" ? info.remoteAddr.hostname : "unknown";
    return upgradeOnDeno(request, address, house, settings);
  },
} satisfies Deno.ServeDefaultExport;
