/**
 * PGlite arms a timer of ten seconds whenever it has statistics to write, which the test runner takes for a leak of the test that happens to
 * run. The timer is good for nothing: PGlite works synchronously, so that no alarm ever reaches it during a statement. Importing
 * this module keeps PGlite from arming any; it must come before PGlite is opened.
 */

/** As far as it is of interest: what PGlite's code calls in its surroundings. */
type Surroundings = { readonly env?: Record<string, unknown> } | undefined;

const instantiate = WebAssembly.instantiate as (code: unknown, imports?: Surroundings) => Promise<unknown>;

Object.assign(WebAssembly, {
  instantiate(code: unknown, imports?: Surroundings): Promise<unknown> {
    if (imports?.env && "_setitimer_js" in imports.env) imports.env._setitimer_js = () => 0;
    return instantiate(code, imports);
  },
});
