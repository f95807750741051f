# 命令的回复和菜单。

start =
    写下你想看的画面，我来画。试试：

    /draw 雪地里的一只狐狸
    /draw 黄昏的灯塔，油画 --ar 16:9 --n 2

    也能改图：发图时把这句写在说明里，或用它回复一张图：

    /edit 改成夜晚

    /help 查看全部选项，/models 查看可用的模型，/quota 查看今天还能画几张。
help =
    /draw 后面写画面，什么语言都行。下面的选项放在哪里都可以：

    /draw 雪地里的一只狐狸 --ar 16:9 --n 2

    /edit 用来改图：写在图片的说明里，或用它回复一张图：

    /edit 改成夜晚

    --ar 16:9   画面比例，宽比高
    --size 1024x768   确切的像素尺寸
    --n 4   画几张
    --model max   换一个模型，见 /models
    --seed 7   种子相同，画面相近
    --no 模糊, 文字   不要出现的内容，一直写到下一个选项
    --raw   用你的原话，不润色提示词
    --file   以文件发送，不压缩

    /models   可用的模型
    /quota   今天还能画几张
    /cancel   撤回还没开始的任务
hint-draw =
    要做什么？在前面加上命令就行：/draw 按文字画一张，/edit 修改一起发送或所回复的图片。
    /draw 雪地里的一只狐狸
    /edit 改成夜晚
    更多用法见 /help

models-title = 可用的模型：
models-row =
    { "" }
    { LENGTH($short) ->
        [0] --model { $name }
       *[other] --model { $name }（也可以写 { $short }）
    }
    { LENGTH($sizes) ->
        [0] 尺寸由模型决定
       *[other] { $sizes }
    }
    { $unit ->
        [tokens] 提示词最多 { $limit } 个 token
       *[other] 提示词最多 { $limit } 个字符
    }{ $negative ->
        [yes] ，支持 --no
       *[no] { "" }
    }{ $seed ->
        [yes] ，支持 --seed
       *[no] { "" }
    }{ $images ->
        [0] { "" }
       *[other] { "\u000A" }{ $draws ->
            [yes] 也能改图
           *[no] 只能改图
        }，最多 { $images } 张
    }
quota =
    今天还能画 { $left } 张，共 { $limit } 张。{ renewal }
    进行中的任务：{ $running } 个，最多 { $most } 个。
cancel-nothing = 没有可以取消的任务：你现在没有任务在进行。
cancel-done =
    { $jobs ->
        [0] 已经来不及取消了。
       *[other] 已取消 { $jobs } 个任务，{ cancelled-pictures }
    }{ $running ->
        [0] { "" }
       *[other] { "\u000A" }{ $running } 个任务已经开始，会继续做完，因为绘图服务已经计费。
    }
cancelled-pictures = 退回 { $pictures } 张额度。

## 命令菜单，每条最多 256 个字符

menu-draw = 写下画面，我来画
menu-edit = 改图：用它回复一张图片
menu-models = 查看可用的模型
menu-quota = 今天还能画几张
menu-cancel = 撤回还没开始的任务
menu-help = 全部命令和选项
menu-start = 认识我，看看例子
