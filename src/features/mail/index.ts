export { EmailLinksService } from './email-links.service.ts';
export { mailLinkPaths } from './mail-templates.ts';
export { MailModule, MailboxModule } from './mail.module.ts';
export { MailService } from './mail.service.ts';
