/** An address that may name several servers, `scheme://user:password@h1:1,h2:2/path?query`, which `URL` cannot read. */
export interface HostsUrl {
  /** Without the colon. */
  readonly scheme: string;
  /** Decoded; undefined where it is empty. */
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** At least one, in the order written; IPv6 without its brackets, empty where none was named. */
  readonly hosts: readonly { readonly host: string; readonly port: number | undefined }[];
  /** With its slash, undecoded; empty where there is none. */
  readonly path: string;
  readonly query: URLSearchParams;
}

const shape = /^([a-z][a-z\d+.-]*):\/\/(?:([^/?#\s]*)@)?([^/?#\s@]*)(\/[^?#\s]*)?(?:\?([^#\s]*))?$/u;
const place = /^(?:\[([\da-f:.]+)\]|([^:[\],]*))(?::(\d{1,5}))?$/iu;

/** Undefined for what is no such address; what is wrong is not said, since it may be the password. */
export function hostsUrl(text: string): HostsUrl | undefined {
  const [, scheme, login, places = '', path = '', query = ''] = shape.exec(text) ?? [];
  if (scheme === undefined) return undefined;
  const hosts = places.split(',').map((one) => {
    const [found, six, host, port] = place.exec(one) ?? [];
    return found === undefined || Number(port) > 65_535
      ? undefined
      : { host: six ?? host ?? '', port: port === undefined ? undefined : Number(port) };
  });
  const [username, ...rest] = (login ?? '').split(':');
  try {
    const read = (part: string | undefined) => (part ? decodeURIComponent(part) : undefined);
    return hosts.every((one) => one !== undefined)
      ? {
          ...{ scheme, username: read(username), password: read(rest.join(':')) },
          ...{ hosts, path, query: new URLSearchParams(query) },
        }
      : undefined;
  } catch {
    return undefined;
  }
}
