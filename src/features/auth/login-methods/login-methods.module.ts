import { Module } from '@nestjs/common';
import { LoginMethodsRepository } from './login-methods.repository.ts';
import { LoginMethodsService } from './login-methods.service.ts';

/** What users can log in with: the rules that concern several methods. */
@Module({ providers: [LoginMethodsRepository, LoginMethodsService], exports: [LoginMethodsService] })
export class LoginMethodsModule {}
