import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { createDocument } from './document.ts';

/** Serves the document at /docs/openapi.json and .yaml and Swagger UI, all of it local, at /docs. */
export function serveDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => createDocument(app), {
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
    customSiteTitle: 'Plinth API',
    swaggerOptions: {
      persistAuthorization: true,
      filter: true,
      deepLinking: true,
      displayRequestDuration: true,
      tryItOutEnabled: true,
    },
  });
}
