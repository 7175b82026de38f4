import type { INestApplication } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { DocumentAddition } from '../../http/openapi/document-addition.ts';
import { declaredTypes } from '../../queue/job-registry.ts';

/** Has the document name the media types of the files that the app's types of job make. */
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

/** Parameters such as the charset are no part of a media type in OpenAPI. */
function contentOf(mediaTypes: readonly string[]): Record<string, { schema: object }> {
  const names = new Set(mediaTypes.map((mediaType) => mediaType.replace(/;.*/s, '').trim()));
  return Object.fromEntries([...names].sort().map((name) => [name, { schema: schemaOf(name) }]));
}

/** Generated clients read text as a string, and the rest as bytes. */
function schemaOf(mediaType: string): object {
  const kind = mediaType.startsWith('text/') ? { pattern: '^[\\s\\S]*$' } : { format: 'binary' };
  return { type: 'string', maxLength: 1_099_511_627_776, ...kind };
}
