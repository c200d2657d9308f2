/** What a path over FTP means: the same addresses as over HTTP. Nothing of it is ever a path on our disk. */

/** Where a file is fetched or brought. */
export interface Place {
  readonly kind: "files" | "uploads";
  readonly token: string;
  /** All that stands behind the token; shown for uploads, not looked at for files. */
  readonly name: string;
}

/** A path in full, as its parts; `..` leads up and never above the root. */
export function resolvePath(from: readonly string[], path: string): string[] {
  const parts = path.startsWith("/") ? [] : [...from];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts;
}

/** The address that a path is; undefined: none of ours. */
export function placeOf([kind, token, ...rest]: readonly string[]): Place | undefined {
  if ((kind !== "files" && kind !== "uploads") || !token) return undefined;
  return { kind, token, name: rest.join("/") };
}
