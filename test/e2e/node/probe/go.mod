module dhakacart.io/test/probe

go 1.26.0
