import { z } from 'zod';
import type { Variable } from './values.ts';
import { httpUrl, oneOf } from './values.ts';

const section = 'Secret store';

/** Where secrets are read from at startup, besides the environment (docs/operations/secrets.md). */
export const secretStoreVariables = {
  SECRETS_PROVIDER: {
    section,
    description:
      'A store that the secrets are read from at startup, by the names of their variables: vault (HashiCorp Vault, ' +
      'KV version 2) or aws (AWS Secrets Manager). A variable of the environment takes precedence.',
    schema: oneOf('vault', 'aws'),
  },
  VAULT_ADDR: {
    section,
    description: 'URL of Vault; https:// in production, except on a loopback host.',
    schema: httpUrl,
  },
  VAULT_NAMESPACE: { section, description: 'Namespace of Vault Enterprise.', schema: z.string() },
  VAULT_SECRET_PATH: {
    section,
    description: 'Path of the secret in the API of Vault, with the mount and data, such as secret/data/plinth.',
    schema: z.string().regex(/^[^/?#][^?#]*\/data\/[^?#]+$/, 'must be mount/data/path, such as secret/data/plinth'),
  },
  VAULT_TOKEN: {
    section,
    description: 'Token that may read the secret; or VAULT_ROLE_ID, or VAULT_KUBERNETES_ROLE.',
    schema: z.string(),
    secret: true,
  },
  VAULT_ROLE_ID: { section, description: 'Role id of an AppRole login.', schema: z.string() },
  VAULT_SECRET_ID: { section, description: 'Secret id of an AppRole login.', schema: z.string(), secret: true },
  VAULT_KUBERNETES_ROLE: {
    section,
    description: "Role of a Kubernetes login, with the token of the pod's service account.",
    schema: z.string(),
  },
  AWS_SECRET_ID: {
    section,
    description:
      'Name or ARN of the secret in AWS Secrets Manager: a JSON object. Region and credentials are those of the AWS ' +
      'SDK, which has to be installed: npm install @aws-sdk/client-secrets-manager.',
    schema: z.string(),
  },
} satisfies Record<string, Variable>;

/** The variables of the store after parsing. */
export type SecretStoreVariables = Partial<Record<keyof typeof secretStoreVariables, string>>;
