import fs from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { stagesOf } from '../harness/process/dockerfile.ts';
import { root } from '../harness/process/service-process.ts';

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly deploy?: { readonly replicas: number };
}

interface Compose {
  readonly services: Readonly<Record<'nginx' | 'postgres' | 'valkey' | 'migrate' | 'api' | 'worker', Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

/** The text of a file of the repository. */
export const read = (file: string): string => fs.readFileSync(join(root, file), 'utf8');

/** docker/Dockerfile: build, production dependencies, final image. */
export const dockerStages = stagesOf(read('docker/Dockerfile'));

/** docker/compose.yaml. */
export const { services: composeServices, secrets: composeSecrets } = parse(read('docker/compose.yaml'), {
  merge: true,
}) as Compose;
