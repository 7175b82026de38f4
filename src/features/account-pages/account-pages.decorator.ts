import { applyDecorators, Controller, UseFilters, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../../http/auth/access.decorators.ts';
import { AccountPagesFilter } from './account-pages.filter.ts';
import { OwnFormsGuard } from './own-forms.guard.ts';

/** Pages for everybody under /account: opening one changes nothing, its button does (ASVS 3.5.3). */
export const AccountPagesController = (): ClassDecorator =>
  applyDecorators(
    Public(),
    ApiExcludeController(),
    Controller({ path: 'account', version: VERSION_NEUTRAL }),
    UseGuards(OwnFormsGuard),
    UseFilters(AccountPagesFilter),
  );
