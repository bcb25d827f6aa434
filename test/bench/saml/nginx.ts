import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Group } from './process.ts';

export const nginx = '/usr/sbin/nginx';

/** nginx in front of a server of another protocol: kept-alive connections on both sides, nothing logged. */
export function startNginx({ folder, run }: Group, port: number, site: string): void {
  const root = process.getuid?.() === 0 ? 'user root;' : '';
  const paths = ['client_body', 'fastcgi', 'proxy', 'scgi', 'uwsgi'].map(
    (name) => `${name}_temp_path ${folder}/nginx-${name};`,
  );
  const configuration = `
${root} daemon off; worker_processes 2; pid ${folder}/nginx.pid; error_log stderr warn;
events { worker_connections 512; }
http {
  access_log off; server_tokens off; keepalive_requests 1000000; ${paths.join(' ')}
  fastcgi_buffers 16 32k; fastcgi_buffer_size 64k; uwsgi_buffers 16 32k; uwsgi_buffer_size 64k;
  ${site.replace('LISTEN', `listen 127.0.0.1:${port}; server_name localhost;`)}
}`;
  writeFileSync(join(folder, 'nginx.conf'), configuration);
  run(nginx, ['-c', join(folder, 'nginx.conf'), '-e', 'stderr', '-p', folder]);
}

/** As a server tells FastCGI and uwsgi what was asked; `directive` is fastcgi_param or uwsgi_param. */
export const parameters = (directive: string): string =>
  [
    ['QUERY_STRING', '$query_string'],
    ['REQUEST_METHOD', '$request_method'],
    ['CONTENT_TYPE', '$content_type'],
    ['CONTENT_LENGTH', '$content_length'],
    ['REQUEST_URI', '$request_uri'],
    ['DOCUMENT_ROOT', '$document_root'],
    ['SERVER_PROTOCOL', '$server_protocol'],
    ['REQUEST_SCHEME', '$scheme'],
    ['REMOTE_ADDR', '$remote_addr'],
    ['REMOTE_PORT', '$remote_port'],
    ['SERVER_PORT', '$server_port'],
    ['SERVER_NAME', '$server_name'],
    ['HTTP_HOST', '$http_host'],
    ['REDIRECT_STATUS', '200'],
  ]
    .map(([name, value]) => `${directive} ${name} ${value};`)
    .join(' ');
