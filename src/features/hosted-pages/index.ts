export { HostedPagesModule } from './hosted-pages.module.ts';
