import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { basename, join } from 'node:path';
import { DCLinter } from 'dclint';
import { validate as validateDockerfile } from 'dockerfile-utils';
import { parse } from 'yaml';
import { variables } from '../../src/platform/config/variables.ts';
import { execForm, stagesOf, valuesOf } from '../harness/process/dockerfile.ts';
import { root, temporaryFolder } from '../harness/process/service-process.ts';
import type { Container, KubernetesObject } from './kubernetes.ts';
import { objectsOf, schemaErrors, unknownMembers } from './kubernetes.ts';

const read = (file: string): string => fs.readFileSync(join(root, 'docker', file), 'utf8');
const yamlIn = (folder: string): string[] =>
  fs
    .readdirSync(join(root, 'docker', folder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => join(folder, file));
const manifests = (folder: string): KubernetesObject[] =>
  yamlIn(folder)
    .filter((file) => basename(file) !== 'kustomization.yaml')
    .flatMap((file) => objectsOf(read(file)));

interface Kustomization {
  readonly resources: readonly string[];
  readonly patches?: readonly { readonly path: string }[];
}

const folders = { base: 'kubernetes/base', production: 'kubernetes/overlays/production' };
const kustomizations = {
  base: parse(read(`${folders.base}/kustomization.yaml`)) as Kustomization,
  production: parse(read(`${folders.production}/kustomization.yaml`)) as Kustomization,
};
const patchFiles = (kustomizations.production.patches ?? []).map(({ path }) => path);
const patches = patchFiles.flatMap((path) => objectsOf(read(`${folders.production}/${path}`)));
const base = manifests(folders.base);
const ofKind = (kind: string): KubernetesObject[] => base.filter((object) => object.kind === kind);
const idOf = ({ kind, metadata }: KubernetesObject): string => `${kind}/${metadata.name}`;
const workloads = base.filter(({ spec }) => spec?.template !== undefined);
const containers = workloads.flatMap(({ spec }) => spec?.template?.spec.containers ?? []);
const settings = ofKind('ConfigMap')[0]?.data ?? {};

describe('docker/kubernetes', () => {
  it('lists each manifest in its kustomization', () => {
    const listed = (name: 'base' | 'production'): string[] =>
      [...kustomizations[name].resources.filter((path) => path.endsWith('.yaml')), 'kustomization.yaml'].toSorted();
    const files = (folder: string): string[] => yamlIn(folder).map((file) => basename(file));

    expect(listed('base')).toEqual(files(folders.base).toSorted());
    expect([...listed('production'), ...patchFiles].toSorted()).toEqual(files(folders.production).toSorted());
  });

  it.each([...base, ...manifests(folders.production)].map((object) => [idOf(object), object] as const))(
    'has a valid %s',
    async (_, object) => {
      // A patch lacks required members, which the object that it changes has.
      const target = base.find((each) => idOf(each) === idOf(object)) ?? object;
      const merged = { ...target, ...object, ...('spec' in object && { spec: { ...target.spec, ...object.spec } }) };

      expect(await schemaErrors(merged)).toEqual([]);
    },
  );

  it('has no member that Kubernetes does not know', () => {
    expect(unknownMembers(base)).toEqual([]);
    const [first] = workloads;
    const misspelt = { ...first, spec: { ...first?.spec, replica: 2 } } as unknown as KubernetesObject;
    expect(unknownMembers([misspelt])).toEqual([expect.stringMatching(/replica.+does not exist/)]);
  });

  it('patches objects that exist', () => {
    expect(patches.map(idOf).filter((id) => !base.some((object) => idOf(object) === id))).toEqual([]);
  });

  it('selects its own pods', () => {
    const labels = (object: KubernetesObject): unknown => object.spec?.template?.metadata?.labels;
    for (const deployment of ofKind('Deployment'))
      expect(labels(deployment)).toMatchObject(deployment.spec?.selector?.matchLabels ?? {});
    const api = ofKind('Deployment').find(({ metadata }) => metadata.name === 'plinth-api') as KubernetesObject;
    expect(labels(api)).toMatchObject((ofKind('Service')[0]?.spec?.selector ?? {}) as Record<string, string>);
    expect(labels(api)).toMatchObject(ofKind('PodDisruptionBudget')[0]?.spec?.selector?.matchLabels ?? {});
    expect(ofKind('HorizontalPodAutoscaler')[0]?.spec?.scaleTargetRef?.name).toBe('plinth-api');
  });

  it('gives no pod more rights than it needs', () => {
    for (const { spec } of workloads) {
      expect(spec?.template?.spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
      });
    }
    for (const container of containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.image).toMatch(/:\d+\.\d+\.\d+$/);
      expect(container.resources?.limits?.memory).toBe('512Mi');
      expect(container.resources?.requests?.memory).toBeDefined();
    }
  });

  it('splits the probes, and lets pods drain before they are killed', () => {
    const [api] = containers.filter(({ name }) => name === 'api') as [Container];
    const paths = [api.startupProbe, api.livenessProbe, api.readinessProbe].map((probe) => probe?.httpGet.path);
    expect(paths).toEqual(['/startupz', '/livez', '/readyz']);
    const drainSeconds = Number(settings['SHUTDOWN_DRAIN_MS']) / 1000;
    for (const { spec } of ofKind('Deployment'))
      expect(spec?.template?.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(drainSeconds + 25);
  });

  it('sets variables that the service has, and passes secrets as files', () => {
    const names = [...Object.keys(settings), ...containers.flatMap(({ env = [] }) => env.map(({ name }) => name))];
    const known = Object.entries(variables).map(([name, { secret }]: [string, { secret?: boolean }]) =>
      secret === true ? `${name}_FILE` : name,
    );
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe('docker/compose.yaml', () => {
  it('follows the Compose specification', () => {
    // Their order is by meaning; ports are quoted where YAML needs it.
    const order = {
      'services-alphabetical-order': 0,
      'service-keys-order': 0,
      'top-level-properties-order': 0,
    } as const;
    const rules = {
      ...order,
      'require-quotes-in-ports': 0,
      'no-build-and-image': 0,
      'service-image-require-explicit-tag': 2,
    };
    const linter = new DCLinter({ rules, exclude: [], quiet: false, debug: false });
    const messages = (file: string): unknown[] => linter.lintFiles([file], false).flatMap((result) => result.messages);
    const misspelt = join(temporaryFolder(), 'compose.yaml');
    fs.writeFileSync(misspelt, read('compose.yaml').replace('read_only:', 'readonly:'));

    expect(messages(join(root, 'docker/compose.yaml'))).toEqual([]);
    expect(messages(misspelt)).not.toEqual([]);
  });

  it('mounts files that exist', () => {
    const { services } = parse(read('compose.yaml'), { merge: true }) as {
      services: Record<string, { volumes?: readonly string[] }>;
    };
    const sources = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.map((volume) => volume.split(':')[0] ?? ''),
    );
    const files = sources.filter((source) => source.startsWith('./'));

    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !fs.existsSync(join(root, 'docker', file)))).toEqual([]);
  });
});

describe('docker/Dockerfile', () => {
  it('has valid syntax, and ends as an unprivileged user with commands in JSON form', () => {
    expect(validateDockerfile(read('Dockerfile'))).toEqual([]);
    const final = stagesOf(read('Dockerfile')).at(-1);
    expect(valuesOf(final, 'USER').at(-1)).toBe('1000:1000');
    expect(execForm(valuesOf(final, 'CMD')[0])[0]).toBe('node');
  });
});

/** Machines without systemd have no program that reads its units. */
const hasSystemd = fs.existsSync('/usr/bin/systemd-analyze');

describe('docker/systemd', () => {
  (hasSystemd ? it : it.skip)('has units that systemd accepts, with few rights', () => {
    const folder = temporaryFolder();
    const units = fs.readdirSync(join(root, 'docker/systemd'));
    const paths = units.map((unit) => {
      const path = join(folder, unit);
      // The program of this machine may be elsewhere.
      fs.writeFileSync(path, read(`systemd/${unit}`).replaceAll('/usr/bin/node', process.execPath));
      return path;
    });

    expect(units).toEqual(['api@.service', 'worker.service']);
    for (const path of paths) {
      execFileSync('systemd-analyze', ['verify', path]);
      const report = execFileSync('systemd-analyze', ['security', '--offline=true', '--threshold=25', path], {
        encoding: 'utf8',
      });
      expect(report).toContain('Overall exposure level');
    }
  });
});
