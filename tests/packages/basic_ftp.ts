/** An FTP client that is not ours. */
export { type AccessOptions, Client } from "npm:basic-ftp@6.2.3";
