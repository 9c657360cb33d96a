use std::fs;
use std::io::Write as _;
use std::process::Command;

use super::*;
use crate::package::testing::config;
use crate::plan::{Contents, LiteralNode};

const TEXT: &str = r#"# Serial ports
CONFIG_SERIAL_8250=y

CONFIG_NR_CPUS=64
CONFIG_PHYSICAL_START=0x1000000
# CONFIG_MODULES is not set
CONFIG_TC=n
CONFIG_IPV6=m
CONFIG_CMDLINE="console=\"tty0\" \\ x=#y"
CONFIG_EMPTY=""
"#;

fn fragment(name: &str, text: &str) -> Fragment {
    Fragment::parse(name, text).unwrap()
}

#[test]
fn reads_and_prints_kconfigs_format() {
    let fragment = fragment("sample", TEXT);
    insta::assert_snapshot!(fragment, @r#"
    CONFIG_CMDLINE="console=\"tty0\" \\ x=#y"
    CONFIG_EMPTY=""
    CONFIG_IPV6=m
    # CONFIG_MODULES is not set
    CONFIG_NR_CPUS=64
    CONFIG_PHYSICAL_START=0x1000000
    CONFIG_SERIAL_8250=y
    # CONFIG_TC is not set
    "#);
    assert_eq!(
        Fragment::parse("sample", &fragment.to_string()),
        Ok(fragment)
    );
}

#[test]
fn refuses_what_kconfig_would_not_understand() {
    let refuse = |text| {
        let error = Fragment::parse("x", text).unwrap_err();
        let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
        format!("{error}{}", source.unwrap_or_default())
    };
    insta::assert_snapshot!(refuse("CONFIG_A=y\nCONFIG_B"), @r"
    line 2 of `x` sets no option: `CONFIG_B`
    hint: use `CONFIG_NAME=value` or `# CONFIG_NAME is not set`
    ");
    insta::assert_snapshot!(refuse("CONFIG_A-B=y"), @r"
    line 1 of `x` cannot be read: invalid option `CONFIG_A-B`
    hint: use letters, digits and `_`
    ");
    insta::assert_snapshot!(refuse("CONFIG_A=yes"), @"line 1 of `x` cannot be read: invalid value `yes`: neither y, m, n, a number, nor a text in quotes");
    insta::assert_snapshot!(refuse("CONFIG_A=007"), @"line 1 of `x` cannot be read: invalid value `007`: a number with a sign or zeros that it does not need");
    insta::assert_snapshot!(refuse("CONFIG_A=0xfg"), @"line 1 of `x` cannot be read: invalid value `0xfg`: not a hexadecimal number");
    insta::assert_snapshot!(refuse("CONFIG_A=\"x"), @r#"line 1 of `x` cannot be read: invalid value `"x`: the closing quote is missing"#);
    insta::assert_snapshot!(refuse("CONFIG_A=\"x\" y"), @r#"line 1 of `x` cannot be read: invalid value `"x" y`: something follows the closing quote"#);
    insta::assert_snapshot!(refuse("CONFIG_A=y\n# CONFIG_A is not set"), @r"
    fragments want options differently
      CONFIG_A: y in `x`, n in `x`
    hint: what shall win goes into `override_with`
    ");
}

#[test]
fn fragments_may_agree_but_not_contradict() {
    let one = || fragment("one", "CONFIG_A=y\nCONFIG_B=y\nCONFIG_C=1");
    let two = || fragment("two", "CONFIG_A=y\nCONFIG_B=m\nCONFIG_C=2");
    insta::assert_snapshot!(Options::merge([one(), two()]).unwrap_err(), @r"
    fragments want options differently
      CONFIG_B: y in `one`, m in `two`
      CONFIG_C: 1 in `one`, 2 in `two`
    hint: what shall win goes into `override_with`
    ");
    let options = Options::merge([one()])
        .unwrap()
        .override_with(two())
        .unwrap();
    insta::assert_snapshot!(options, @r"
    CONFIG_A=y
    CONFIG_B=m
    CONFIG_C=2
    ");
}

#[test]
fn a_text_is_one_line() {
    let fragment = Fragment::new("x").set(Symbol::new("A").unwrap(), "a\nb");
    insta::assert_snapshot!(Options::merge([fragment]).unwrap_err(), @r"invalid value `a\nb`: a control character in a text");
}

#[test]
#[allow(clippy::unreadable_literal, reason = "kconfig has no separators")]
fn the_macro_and_its_twin_agree() {
    let cmdline = String::from("quiet");
    let written = crate::kconfig! { "a name":
        64BIT=y MODULES=n IPV6=m
        NR_CPUS=64 LOG=-1 PHYSICAL_START=0x1000000
        LOCALVERSION="" CMDLINE=#{cmdline} SMP=#{true}
    };
    let text = "CONFIG_64BIT=y\nCONFIG_MODULES=n\nCONFIG_IPV6=m\nCONFIG_NR_CPUS=64\nCONFIG_LOG=-1\n\
        CONFIG_PHYSICAL_START=0x1000000\nCONFIG_LOCALVERSION=\"\"\nCONFIG_CMDLINE=\"quiet\"\nCONFIG_SMP=y";
    assert_eq!(written, fragment("a name", text));
}

#[test]
fn a_mistake_is_a_plan_that_says_so() {
    let said = |text| {
        let error = Fragment::parse("mine", text).unwrap_err();
        let error = error.plan("linux-mine").action().unwrap_err().to_string();
        // The place where it was made comes before it.
        error.split_once(": ").unwrap().1.to_owned()
    };
    insta::assert_snapshot!(said("CONFIG_A=y\nCONFIG_A=n"), @"
    fragments want options differently
      CONFIG_A: y in `mine`, n in `mine`
    hint: what shall win goes into `override_with`
    ");
    insta::assert_snapshot!(said("CONFIG_A=yes"), @"line 1 of `mine` cannot be read: invalid value `yes`: neither y, m, n, a number, nor a text in quotes");
}

/// Runs the check as a build would, on the `.config` of `text`.
fn check(options: &Options, text: &str, awk: &[&str]) -> (bool, String) {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("src/kconfig")).unwrap();
    for (path, node) in options.files().0 {
        let LiteralNode::File {
            contents: Contents::Bytes(bytes),
            ..
        } = node
        else {
            panic!("{path} is no plain file");
        };
        fs::write(root.path().join(path.as_str()), bytes).unwrap();
    }
    fs::write(root.path().join(".config"), text).unwrap();
    let file = |name| root.path().join("src/kconfig").join(name);
    let mut command = Command::new(awk[0]);
    command
        .args(&awk[1..])
        .arg("-f")
        .arg(file("check.awk"))
        .arg(file("asked"));
    let output = command.arg(root.path().join(".config")).output().unwrap();
    (
        output.status.success(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn the_check_lists_what_did_not_take() {
    let options = Options::merge([
        fragment("base", TEXT),
        fragment(
            "board",
            "CONFIG_NFT_FIB=y\nCONFIG_HZ=100\nCONFIG_NOTHING=n\nCONFIG_DEBUG=n",
        ),
    ])
    .unwrap();
    let good =
        format!("# made by kconfig\n{TEXT}CONFIG_NFT_FIB=y\nCONFIG_HZ=100\nCONFIG_OTHER=y\n");
    let bad = "CONFIG_SERIAL_8250=m\nCONFIG_NR_CPUS=064\nCONFIG_HZ=100\nCONFIG_DEBUG=y\n# CONFIG_NFT_FIB is not set\n";
    let mut ran = 0;
    for awk in [
        &["mawk"][..],
        &["gawk", "--posix"],
        &["busybox", "awk"],
        &["awk"],
    ] {
        if Command::new(awk[0]).arg("--help").output().is_err() {
            continue;
        }
        ran += 1;
        assert_eq!(
            check(&options, &good, awk),
            (true, String::new()),
            "{awk:?}"
        );
        let (success, message) = check(&options, bad, awk);
        assert!(!success, "{awk:?}");
        assert!(check(&Options::default(), bad, awk).0, "{awk:?}");
        insta::allow_duplicates! { insta::assert_snapshot!(message, @r#"
        options that did not take: 8 of 12
          CONFIG_CMDLINE="console=\"tty0\" \\ x=#y" asked by `base`: it is n
          CONFIG_DEBUG=n asked by `board`: it is y
          CONFIG_EMPTY="" asked by `base`: it is n
          CONFIG_IPV6=m asked by `base`: it is n
          CONFIG_NFT_FIB=y asked by `board`: it is n
          CONFIG_NR_CPUS=64 asked by `base`: it is 064
          CONFIG_PHYSICAL_START=0x1000000 asked by `base`: it is n
          CONFIG_SERIAL_8250=y asked by `base`: it is m
        hint: an option may not exist, or need others (see its `depends on`)
        "#); }
    }
    if ran == 0 {
        assert!(
            std::env::var_os("CI").is_none(),
            "awk is needed: install mawk"
        );
        writeln!(std::io::stderr(), "skipped: no awk on this machine").unwrap();
    }
}

#[test]
fn the_check_is_a_command_of_the_build() {
    let program = Options::default()
        .check(".config")
        .expand(&config())
        .unwrap();
    insta::assert_snapshot!(program, @"if { awk -f /src/kconfig/check.awk /src/kconfig/asked .config }");
}
