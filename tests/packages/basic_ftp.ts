/** basic-ftp: an independent FTP client. */
export { type AccessOptions, Client } from "npm:basic-ftp@6.2.3";
