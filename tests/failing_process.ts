/** A Central System with one permanent actor that fails at its first mail; main_test.ts checks how the process ends. */
import { listen } from "../api/server.ts";
import { endOnFailure } from "../api/process.ts";
import { openApp, settingsOrExit } from "../main.ts";

const app = await openApp(settingsOrExit());
const listening = await listen(app);
endOnFailure(app, listening);
const poisoned = () => ({ receive: () => Promise.reject(new Error("poison")) });
app.system.spawn<string>("broken part", poisoned, { restartsPerMinute: 0 }).tell("poison");
await app.system.whenGivenUp;
const { status } = await fetch(`http://127.0.0.1:${listening.apiPort}/readyz`);
console.log(`/readyz ${status}`);
