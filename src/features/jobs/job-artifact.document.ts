import type { INestApplication } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { DocumentAddition } from '../../platform/http/openapi/document-addition.ts';
import { declaredTypes } from '../../platform/queue/job-registry.ts';

/** Adds the media types of artifacts that the app's types of job declare. */
export function jobFilesIn(app: INestApplication): DocumentAddition {
  const mediaTypes = declaredTypes(app.get(ModulesContainer)).flatMap(({ files = [] }) => files);
  return {
    models: [],
    complete: (document) => {
      const file = document.paths['/v1/jobs/{id}/artifact']?.get?.responses['200'];
      if (file !== undefined && 'content' in file && mediaTypes.length > 0) file.content = contentOf(mediaTypes);
    },
  };
}

/** OpenAPI's media types have no parameters, such as the charset. */
function contentOf(mediaTypes: readonly string[]): Record<string, { schema: object }> {
  const names = new Set(mediaTypes.map((mediaType) => mediaType.replace(/;.*/s, '').trim()));
  return Object.fromEntries([...names].sort().map((name) => [name, { schema: schemaOf(name) }]));
}

/** Generated clients read text as a string, and other content as bytes. */
function schemaOf(mediaType: string): object {
  const kind = mediaType.startsWith('text/') ? { pattern: '^[\\s\\S]*$' } : { format: 'binary' };
  return { type: 'string', maxLength: 1_099_511_627_776, ...kind };
}
