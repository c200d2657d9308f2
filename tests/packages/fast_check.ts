/** fast-check: property tests. Packages that only tests need are named here and not in deno.json, so that a start does not download them. */
import * as fc from "npm:fast-check@4.10.2";

export { fc };
