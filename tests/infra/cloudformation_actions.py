"""The actions that CloudFormation needs for each type of resource in the stack's templates.

Source: the permissions of the handlers in the resource types' schemas (CloudFormation, `DescribeType`), without those
of properties that no template sets.
"""

_TAGS = ("ec2:CreateTags", "ec2:DeleteTags")
_API = tuple(f"apigateway:{method}" for method in ("GET", "POST", "PUT", "PATCH", "DELETE"))

ACTIONS: dict[str, tuple[str, ...]] = {
    "AWS::ApiGateway::Account": (*_API, "iam:PassRole"),
    "AWS::ApiGateway::BasePathMapping": _API,
    "AWS::ApiGateway::Deployment": _API,
    # API Gateway's service-linked role comes with the first custom domain of an account.
    "AWS::ApiGateway::DomainName": (*_API, "iam:CreateServiceLinkedRole"),
    "AWS::ApiGateway::GatewayResponse": _API,
    "AWS::ApiGateway::Method": _API,
    "AWS::ApiGateway::Resource": _API,
    "AWS::ApiGateway::RestApi": (*_API, "apigateway:UpdateRestApiPolicy"),
    "AWS::ApiGateway::Stage": _API,
    "AWS::CloudWatch::Alarm": (
        "cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource",
        "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource",
    ),
    "AWS::CloudWatch::Dashboard": ("cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard", "cloudwatch:PutDashboard"),
    "AWS::Cognito::UserPool": (
        "cognito-idp:CreateUserPool", "cognito-idp:DeleteUserPool", "cognito-idp:DescribeUserPool",
        "cognito-idp:GetUserPoolMfaConfig", "cognito-idp:ListTagsForResource", "cognito-idp:SetUserPoolMfaConfig",
        "cognito-idp:TagResource", "cognito-idp:UntagResource", "cognito-idp:UpdateUserPool",
    ),
    "AWS::Cognito::UserPoolClient": (
        "cognito-idp:CreateUserPoolClient", "cognito-idp:DeleteUserPoolClient", "cognito-idp:DescribeUserPoolClient",
        "cognito-idp:UpdateUserPoolClient",
    ),
    "AWS::Cognito::UserPoolDomain": (
        "cognito-idp:CreateUserPoolDomain", "cognito-idp:DeleteUserPoolDomain", "cognito-idp:DescribeUserPoolDomain",
        "cognito-idp:UpdateUserPoolDomain",
    ),
    "AWS::DynamoDB::Table": (
        "dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:DescribeContinuousBackups",
        "dynamodb:DescribeContributorInsights", "dynamodb:DescribeKinesisStreamingDestination",
        "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:GetResourcePolicy",
        "dynamodb:ListTagsOfResource", "dynamodb:TagResource", "dynamodb:UntagResource",
        "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive",
    ),
    "AWS::EC2::EIP": (*_TAGS, "ec2:AllocateAddress", "ec2:DescribeAddresses", "ec2:ReleaseAddress"),
    "AWS::EC2::FlowLog": (
        *_TAGS, "ec2:CreateFlowLogs", "ec2:DeleteFlowLogs", "ec2:DescribeFlowLogs", "iam:PassRole",
    ),
    "AWS::EC2::InternetGateway": (
        *_TAGS, "ec2:CreateInternetGateway", "ec2:DeleteInternetGateway", "ec2:DescribeInternetGateways",
    ),
    "AWS::EC2::NatGateway": (*_TAGS, "ec2:CreateNatGateway", "ec2:DeleteNatGateway", "ec2:DescribeNatGateways"),
    "AWS::EC2::Route": ("ec2:CreateRoute", "ec2:DeleteRoute", "ec2:DescribeRouteTables", "ec2:ReplaceRoute"),
    "AWS::EC2::RouteTable": (*_TAGS, "ec2:CreateRouteTable", "ec2:DeleteRouteTable", "ec2:DescribeRouteTables"),
    "AWS::EC2::SecurityGroup": (
        *_TAGS, "ec2:AuthorizeSecurityGroupEgress", "ec2:CreateSecurityGroup", "ec2:DeleteSecurityGroup",
        "ec2:DescribeSecurityGroups", "ec2:RevokeSecurityGroupEgress",
    ),
    # The template asks for the names of the zones (`Fn::GetAZs`).
    "AWS::EC2::Subnet": (
        *_TAGS, "ec2:CreateSubnet", "ec2:DeleteSubnet", "ec2:DescribeAvailabilityZones", "ec2:DescribeSubnets",
        "ec2:ModifySubnetAttribute",
    ),
    "AWS::EC2::SubnetRouteTableAssociation": (
        "ec2:AssociateRouteTable", "ec2:DescribeRouteTables", "ec2:DisassociateRouteTable",
        "ec2:ReplaceRouteTableAssociation",
    ),
    "AWS::EC2::VPC": (
        *_TAGS, "ec2:CreateVpc", "ec2:DeleteVpc", "ec2:DescribeNetworkAcls", "ec2:DescribeSecurityGroups",
        "ec2:DescribeVpcAttribute", "ec2:DescribeVpcs", "ec2:ModifyVpcAttribute",
    ),
    "AWS::EC2::VPCEndpoint": (
        *_TAGS, "ec2:CreateVpcEndpoint", "ec2:DeleteVpcEndpoints", "ec2:DescribeVpcEndpoints", "ec2:ModifyVpcEndpoint",
    ),
    "AWS::EC2::VPCGatewayAttachment": (
        "ec2:AttachInternetGateway", "ec2:DescribeInternetGateways", "ec2:DetachInternetGateway",
    ),
    "AWS::Events::Rule": (
        "events:DeleteRule", "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule",
        "events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:TagResource", "events:UntagResource",
    ),
    "AWS::IAM::ManagedPolicy": (
        "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:GetPolicy",
        "iam:GetPolicyVersion", "iam:ListEntitiesForPolicy", "iam:ListPolicyVersions",
    ),
    "AWS::IAM::Policy": ("iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:PutRolePolicy"),
    "AWS::IAM::Role": (
        "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePermissionsBoundary",
        "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:GetRole", "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
        "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
    ),
    "AWS::Lambda::Alias": ("lambda:CreateAlias", "lambda:DeleteAlias", "lambda:GetAlias", "lambda:UpdateAlias"),
    "AWS::Lambda::EventInvokeConfig": (
        "lambda:DeleteFunctionEventInvokeConfig", "lambda:GetFunctionEventInvokeConfig",
        "lambda:PutFunctionEventInvokeConfig", "lambda:UpdateFunctionEventInvokeConfig",
    ),
    "AWS::Lambda::Function": (
        "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "iam:PassRole",
        "lambda:CreateFunction", "lambda:DeleteFunction", "lambda:DeleteFunctionConcurrency", "lambda:GetFunction",
        "lambda:GetFunctionCodeSigningConfig", "lambda:PutFunctionConcurrency",
        "lambda:GetFunctionConfiguration", "lambda:GetFunctionRecursionConfig", "lambda:GetRuntimeManagementConfig",
        "lambda:ListTags", "lambda:TagResource", "lambda:UntagResource", "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration", "s3:GetObject", "s3:GetObjectVersion",
    ),
    "AWS::Lambda::Permission": ("lambda:AddPermission", "lambda:GetPolicy", "lambda:RemovePermission"),
    "AWS::Lambda::Version": (
        "lambda:DeleteFunction", "lambda:GetFunction", "lambda:GetFunctionConfiguration",
        "lambda:ListVersionsByFunction", "lambda:PublishVersion",
    ),
    "AWS::Logs::LogGroup": (
        "logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DisassociateKmsKey",
        "logs:DeleteRetentionPolicy", "logs:DescribeLogGroups",
        "logs:ListTagsForResource", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource",
    ),
    "AWS::Route53::RecordSet": (
        "route53:ChangeResourceRecordSets", "route53:GetChange", "route53:GetHostedZone",
        "route53:ListResourceRecordSets",
    ),
    "AWS::SecretsManager::Secret": (
        "secretsmanager:CreateSecret", "secretsmanager:DeleteSecret", "secretsmanager:DescribeSecret",
        "secretsmanager:GetRandomPassword", "secretsmanager:GetSecretValue", "secretsmanager:TagResource",
        "secretsmanager:UntagResource", "secretsmanager:UpdateSecret",
    ),
    # CDK's function, which empties the default security group, with a role of its own.
    "Custom::VpcRestrictDefaultSG": ("lambda:InvokeFunction",),
    # The version of the bootstrap stack, which is a parameter of every template.
    "AWS::SSM::Parameter::Value<String>": ("ssm:GetParameters",),
}  # fmt: skip
