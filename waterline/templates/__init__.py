"""Templates: AWS SAM and CloudFormation templates are deployed as they are, through plain boto3.

document     a template as text: YAML with short forms, JSON, includes
parameters   the values of its parameters
code         the code of its functions: local folders, and sources that are given beside it
sam          from AWS SAM to CloudFormation, by AWS's own translator
intrinsics   ``Ref``, ``Fn::GetAtt``, ``Fn::Sub`` and the others
dynamic      ``{{resolve:...}}``: values that other services keep
shapes       from a property to a parameter of an API, by botocore's model
resources    a package: the types of resources, and how one is made, changed and taken away
plan         what a deployment would do, and what of it the lab does not have
deployment   one deployment: made, changed, taken away, undone
stack        stacks by name: deployed, deployed again, deleted
mistakes     how a template's mistakes are told

moto has a CloudFormation of its own. It is not used: it makes resources behind the API's back, where the lab's rules do
not reach, passes over types and properties that it does not know with a warning or in silence, and lacks most of what
serverless templates consist of.
"""
