/** What cannot be run here is at least read: that the manifests are whole, agree with one another and with the server. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';

// biome-ignore lint/suspicious/noExplicitAny: documents of others' shapes, read by key
type Any = any;
const read = (path: string) => readFileSync(path, 'utf8');
const folder = 'docker/kubernetes';
const documents: Any[] = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => parseAllDocuments(read(`${folder}/${name}`)))
  .map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });
const ofKind = (kind: string): Any[] => documents.filter((one) => one.kind === kind);
const podOf = (one: Any): Any => one.spec.jobTemplate?.spec.template ?? one.spec.template;
const working = ['Deployment', 'Job', 'CronJob'].flatMap(ofKind);
const dockerfile = read('docker/Dockerfile');

describe('the image', () => {
  test('takes from the build what the server needs, runs as nobody special and without npm', () => {
    const copied = [...dockerfile.matchAll(/^COPY --from=build \/stile\/(\S+)/gm)].map(([, name]) => name as string);
    expect(copied).toEqual(
      expect.arrayContaining(['dist', 'bin', 'views', 'locales', 'public', 'config', 'package.json']),
    );
    for (const name of copied.filter((one) => !['dist', 'node_modules', 'sbom.cdx.json'].includes(one)))
      expect([name, existsSync(name)]).toEqual([name, true]);
    expect(dockerfile).toMatch(/^USER 1000:1000$/m);
    expect(dockerfile).toMatch(/rm -rf \/usr\/local\/lib\/node_modules/);
    expect(dockerfile).toContain('/readyz');
  });
});

describe('compose.yaml', () => {
  const compose: Any = parse(read('docker/compose.yaml'), { merge: true });

  test('has two nodes behind a proxy, on databases nobody outside reaches', () => {
    const { services } = compose;
    expect(services['stile-a']).toEqual(services['stile-b']);
    const open = Object.entries<Any>(services).filter(([, one]) => one.ports);
    expect(open.map(([name]) => name).sort()).toEqual(['mail', 'proxy']);
    for (const [, { ports }] of open) for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(services['stile-a']).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
  });

  test('names only services, networks, volumes, secrets and files that there are', () => {
    for (const one of Object.values<Any>(compose.services)) {
      for (const name of Object.keys(one.depends_on ?? {}))
        expect(compose.services[name]?.healthcheck ?? name).toBeTruthy();
      for (const name of Object.keys(one.depends_on ?? {})) expect(Object.keys(compose.services)).toContain(name);
      for (const name of one.secrets ?? []) expect(Object.keys(compose.secrets)).toContain(name);
      for (const name of Array.isArray(one.networks) ? one.networks : Object.keys(one.networks ?? {}))
        expect(Object.keys(compose.networks)).toContain(name);
      for (const [from] of (one.volumes ?? []).map((volume: string) => volume.split(':')))
        expect(from.startsWith('./') ? existsSync(`docker/${from}`) : from in compose.volumes).toBe(true);
    }
    const wanted =
      read('docker/compose.yaml')
        .match(/\$\{(\w+)/g)
        ?.map((one) => one.slice(2)) ?? [];
    for (const name of wanted) expect(read('docker/example.env')).toContain(`${name}=`);
  });
});

describe('the Kubernetes manifests', () => {
  test('each names its kind, version and name, and the kustomization lists files that there are', () => {
    const [kustomization] = ofKind('Kustomization');
    for (const file of kustomization.resources) expect(existsSync(`${folder}/${file}`)).toBe(true);
    expect(kustomization.resources).not.toContain('secret.example.yaml');
    for (const one of documents.filter(({ kind }) => kind !== 'Kustomization'))
      expect(one).toMatchObject({
        apiVersion: expect.any(String),
        kind: expect.any(String),
        metadata: { name: expect.stringMatching(/^stile/) },
      });
  });

  test('every pod is nobody special on files it cannot change, and mounts only what there is', () => {
    expect(working).toHaveLength(3);
    for (const { spec } of working.map(podOf)) {
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 1000 },
      });
      const volumes = spec.volumes.map(({ name }: Any) => name);
      for (const container of spec.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        for (const { name } of container.volumeMounts) expect(volumes).toContain(name);
        expect(container.volumeMounts).toContainEqual({ name: 'data', mountPath: '/data' });
      }
    }
  });

  test('two nodes are probed where the server answers, drain in time, and never all leave at once', () => {
    const [{ spec }] = ofKind('Deployment') as [Any];
    const [container] = spec.template.spec.containers;
    expect(spec.replicas).toBe(2);
    const health = read('src/web/health.ts');
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      const { path, port } = container[probe].httpGet;
      expect(health).toContain(`'${path}'`);
      expect(container.ports.map(({ name }: Any) => name)).toContain(port);
    }
    expect(container.livenessProbe.httpGet.path).toBe('/healthz');
    const leaving = Number(/LEAVING_MS = ([\d_]+)/.exec(read('src/main.ts'))?.[1]?.replace('_', '')) / 1000;
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(leaving);
    expect(ofKind('PodDisruptionBudget')[0].spec.minAvailable).toBe(1);
  });

  test('traffic, budget and deployment mean the same pods, and no job is among them', () => {
    const [deployment] = ofKind('Deployment');
    const selector = deployment.spec.selector.matchLabels;
    expect(deployment.spec.template.metadata.labels).toEqual(selector);
    expect(ofKind('Service')[0].spec.selector).toEqual(selector);
    expect(ofKind('PodDisruptionBudget')[0].spec.selector.matchLabels).toEqual(selector);
    for (const job of [...ofKind('Job'), ...ofKind('CronJob')])
      expect(podOf(job).metadata.labels).not.toMatchObject(selector);
    const ports = deployment.spec.template.spec.containers[0].ports.map(({ containerPort }: Any) => containerPort);
    const { ingress } = ofKind('NetworkPolicy')[0].spec;
    expect(ingress.flatMap((one: Any) => one.ports.map(({ port }: Any) => port)).sort()).toEqual(ports.sort());
  });
});
