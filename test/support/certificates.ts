/** Certificates for tests, made by openssl: an authority, and whoever shows one. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Shown {
  /** PEM, and where it lies. */
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** base64 of DER: a JWK's x5c, a header. */
  readonly der: string;
}

export class Office {
  readonly folder = mkdtempSync(join(tmpdir(), 'stile-certificates-'));
  #made = 0;

  /** Signed by `by`, else by itself. `extensions` as `openssl req -addext` takes them; `days` of -1 is expired; `address` is an alternative name of type URI, with any letters in it. */
  issue(subject: string, more: { by?: Shown; extensions?: string[]; address?: string; days?: number } = {}): Shown {
    const base = join(this.folder, String(this.#made++));
    const [certFile, keyFile, request] = [`${base}.pem`, `${base}.key`, `${base}.csr`];
    const run = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
    const extensions = (more.extensions ?? []).flatMap((one) => ['-addext', one]);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
    run('req', '-new', ...key, '-out', request, '-subj', subject, ...extensions);
    const signer = more.by ? ['-CA', more.by.certFile, '-CAkey', more.by.keyFile] : ['-signkey', keyFile];
    const days = ['-days', String(more.days ?? 2)];
    // On the command line a comma would begin the next name.
    const file = `subjectAltName=@names\n[names]\nURI.1=${more.address}\n`;
    if (more.address) signer.push('-extfile', this.file(`${this.#made}.cnf`, file));
    run('x509', '-req', '-in', request, ...signer, '-copy_extensions', 'copy', '-out', certFile, ...days);
    return { ...this.#read(certFile, keyFile), certFile, keyFile };
  }

  authority(subject: string): Shown {
    return this.issue(subject, { extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'] });
  }

  /** As openssl prints it. */
  text({ certFile }: Shown): string {
    return execFileSync('openssl', ['x509', '-in', certFile, '-noout', '-text'], { encoding: 'utf8' });
  }

  file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }

  #read(certFile: string, keyFile: string) {
    const cert = readFileSync(certFile, 'utf8');
    return { cert, key: readFileSync(keyFile, 'utf8'), der: new X509Certificate(cert).raw.toString('base64') };
  }
}
