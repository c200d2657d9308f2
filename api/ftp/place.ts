/** The meaning of a path over FTP: the same addresses as over HTTP. A client's path is never used as a path on our disk. */

/** The address of a download or an upload. */
export interface Place {
  readonly kind: "files" | "uploads";
  readonly token: string;
  /** The rest of the path after the token: the name of an upload; ignored for downloads. */
  readonly name: string;
}

/** The parts of the absolute path. `..` never leads above the root. */
export function resolvePath(from: readonly string[], path: string): string[] {
  const parts = path.startsWith("/") ? [] : [...from];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts;
}

/** The address in an absolute path; undefined: the path is no address. */
export function placeOf([kind, token, ...rest]: readonly string[]): Place | undefined {
  if ((kind !== "files" && kind !== "uploads") || !token) return undefined;
  return { kind, token, name: rest.join("/") };
}
