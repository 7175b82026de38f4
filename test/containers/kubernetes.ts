import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';
import { root, temporaryFolder } from '../harness/process/service-process.ts';

/** What the checks read of an object of Kubernetes; its schema checks the rest. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly template?: PodTemplate;
    readonly scaleTargetRef?: { readonly name: string };
    readonly maxReplicas?: number;
  };
  readonly data?: Readonly<Record<string, string>>;
}

interface PodTemplate {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly automountServiceAccountToken?: boolean;
    readonly terminationGracePeriodSeconds?: number;
    readonly securityContext?: object;
    readonly containers: readonly Container[];
  };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext?: object;
  readonly resources?: { readonly requests?: { memory?: string }; readonly limits?: { memory?: string } };
  readonly readinessProbe?: { readonly httpGet: { readonly path: string; readonly port: string } };
  readonly livenessProbe?: { readonly httpGet: { readonly path: string; readonly port: string } };
  readonly startupProbe?: { readonly httpGet: { readonly path: string; readonly port: string } };
}

/** The objects of a file of manifests. @throws on YAML errors, duplicate keys included */
export function objectsOf(text: string): KubernetesObject[] {
  return parseAllDocuments(text, { uniqueKeys: true }).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS() as KubernetesObject;
  });
}

const packageOf = (apiVersion: string): string => `kubernetes-models/${apiVersion}`;
const modules = join(root, 'test/containers/node_modules');

/** The violations of the API's own schema, which accepts members that it does not know. */
export async function schemaErrors(object: KubernetesObject): Promise<string[]> {
  const path = join(modules, packageOf(object.apiVersion), `${object.kind}.js`);
  const models = (await import(path)) as Record<string, new (data: object) => { validate: () => void }>;
  const Model = models[object.kind];
  if (Model === undefined) return [`unknown kind ${object.apiVersion} ${object.kind}`];
  try {
    new Model(object).validate();
    return [];
  } catch (error) {
    return [String(error)];
  }
}

/** The members that the types of the API do not have. */
export function unknownMembers(objects: readonly KubernetesObject[]): string[] {
  const lines = objects.map(
    ({ apiVersion, kind, ...rest }, index) =>
      `import type { I${kind} as T${index} } from '${join(modules, packageOf(apiVersion), kind)}'; ` +
      `export const o${index}: T${index} = ${JSON.stringify({ apiVersion, kind, ...rest })};`,
  );
  const file = join(temporaryFolder(), 'objects.ts');
  writeFileSync(file, lines.join('\n'));
  const program = ts.createProgram([file], {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2022,
    types: [],
  });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
